import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts, isBound } from '../../e2e/harness/ports.js';
import { Program } from '../../e2e/harness/program.js';
import { eventually } from '../../e2e/harness/wait.js';

/** A coturn on loopback that relays from another address. Its certificate is one for "localhost". */
export class TurnServer {
  username = 'the-room-server';
  credential = 'a-secret-between-relay-and-rooms';

  static async start(relayAddress) {
    const turn = new TurnServer();
    turn.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'coturn-'));
    turn.port = await freePorts(2);
    turn.tlsPort = await freePorts(2);
    turn.certificate = path.join(turn.folder, 'cert.pem');
    const key = path.join(turn.folder, 'key.pem');
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', turn.certificate,
    ], { stdio: 'pipe' });
    turn.program = new Program('coturn', 'turnserver', [
      '-n', '--lt-cred-mech', '--user', `${turn.username}:${turn.credential}`, '--realm', 'tests',
      '--listening-ip', '127.0.0.1', '--listening-ip', relayAddress, '--relay-ip', relayAddress,
      '--listening-port', String(turn.port), '--tls-listening-port', String(turn.tlsPort), '--cert', turn.certificate, '--pkey', key,
      '--userdb', path.join(turn.folder, 'turndb'), '--pidfile', path.join(turn.folder, 'pid'), '--no-cli', '--log-file', 'stdout',
    ], { cwd: turn.folder });
    await eventually('coturn to listen', 10_000, () => {
      if (!turn.program.alive) throw new Error(`coturn did not start\n${turn.program.tail()}`);
      return isBound(turn.port) && isBound(turn.tlsPort);
    });
    return turn;
  }

  /** As livekit-server's rtc.turn_servers has it. */
  entry(protocol) {
    return {
      host: 'localhost',
      port: protocol === 'tls' ? this.tlsPort : this.port,
      protocol,
      username: this.username,
      credential: this.credential,
    };
  }

  async close() {
    await this.program.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
