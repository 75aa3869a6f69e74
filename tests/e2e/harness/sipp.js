import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts, isBound } from './ports.js';
import { Program } from './program.js';
import { writeUlawTone } from './sound.js';
import { eventually, kPatience } from './wait.js';

const kScenarios = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../sipp');

/** A far phone played by sipp with one of the scenarios in tests/e2e/sipp. */
export class SippPhone {
  /**
   * `options`: `calls` (how many it takes, 1), `transport` ('udp' or 'tcp'), `echo` (send back the RTP that comes),
   * `tone` (Hz, for scenarios that play one), `peer` (an RtpPeer, for scenarios that let it speak).
   */
  static async start(scenario, options = {}) {
    const phone = new SippPhone();
    phone.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sipp-'));
    phone.port = await freePorts(2);
    const mediaPort = await freePorts(8);
    if (options.tone !== undefined) writeUlawTone(path.join(phone.folder, 'tone.ulaw'), options.tone, 10);
    const args = [
      '-sf', path.join(kScenarios, `${scenario}.xml`),
      '-i', '127.0.0.1', '-p', String(phone.port),
      '-mi', '127.0.0.1', '-mp', String(mediaPort),
      '-m', String(options.calls ?? 1),
      '-t', options.transport === 'tcp' ? 't1' : 'u1',
      '-trace_msg', '-message_file', path.join(phone.folder, 'messages.log'),
      '-trace_err', '-error_file', path.join(phone.folder, 'errors.log'),
      '-nostdin', '-timeout', '120s', '-timeout_error',
    ];
    if (options.echo) args.push('-rtp_echo');
    if (options.peer !== undefined) args.push('-key', 'media_port_of_peer', String(options.peer.port));
    phone.program = new Program(`sipp ${scenario}`, 'sipp', args, { cwd: phone.folder, env: { ...process.env, TERM: 'dumb' } });
    await eventually('sipp to listen', 5000, () => isBound(phone.port) || !phone.program.alive);
    return phone;
  }

  get uri() {
    return `sip:127.0.0.1:${this.port}`;
  }

  /** Everything that went over the wire, as sipp saw it. */
  get messages() {
    const file = path.join(this.folder, 'messages.log');
    return fs.existsSync(file) ? fs.readFileSync(file, 'latin1') : '';
  }

  /** First lines of the messages that came in. */
  get received() {
    return this.messages
      .split(/^-{10,}.*$/m)
      .filter((part) => /message received/.test(part))
      .map((part) => part.replace(/^.*\n+/, '').split(/\r?\n/).find((line) => /SIP\/2\.0/.test(line)) ?? '');
  }

  /** Waits for the scenario to end; fails when a message was not as the scenario expects. */
  async finished(timeout = 15_000) {
    const timer = setTimeout(() => this.program.child.kill('SIGKILL'), timeout * kPatience);
    const { code } = await this.program.exited;
    clearTimeout(timer);
    if (code !== 0) {
      const errors = path.join(this.folder, 'errors.log');
      throw new Error(`sipp ended with ${code}\n${fs.existsSync(errors) ? fs.readFileSync(errors, 'latin1') : ''}\n${this.messages.slice(-4000)}`);
    }
  }

  async close() {
    await this.program.stop('SIGKILL');
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
