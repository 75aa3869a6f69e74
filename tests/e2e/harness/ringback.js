import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RoomServiceClient, SipClient } from 'livekit-server-sdk';
import { freePorts } from './ports.js';
import { Program } from './program.js';
import { eventually } from './wait.js';

const kRepository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const kBinary = process.env.RINGBACK_BINARY ?? path.join(kRepository, 'build/release/ringback');
export const kApiKey = 'APItest';
export const kApiSecret = 'a-secret-that-only-the-tests-know-0123456789';
export const kTerminal = ['ended', 'failed'];

/** One `ringback serve` on free ports with a data folder of its own. */
export class Ringback {
  /**
   * `settings` are environment variables; `dataDir` (also its working folder) keeps the data of an earlier one; `ready`: wait
   * until it says so; `args`: more flags; `host`: where it runs, if not on loopback (a Host of tests/livekit/harness/hosts.js).
   */
  static async start(
    settings = {},
    dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringback-')),
    { ready = true, args = [], host } = {},
  ) {
    const base = await freePorts(8);
    const rtp = await freePorts(200);
    const ringback = new Ringback();
    ringback.dataDir = dataDir;
    ringback.port = Number(settings.PORT ?? base);
    ringback.roomPort = base + 1;
    ringback.sipPort = base + 2;
    ringback.address = host?.address ?? '127.0.0.1';
    ringback.url = `http://${ringback.address}:${ringback.port}`;
    ringback.key = settings.API_KEYS;
    ringback.roomUrl = `ws://localhost:${ringback.roomPort}`;
    ringback.firstRtpPort = rtp;
    const env = {
      PATH: process.env.PATH,
      HOME: dataDir,
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(A|UB|T|L)SAN_OPTIONS$/.test(name))),
      PORT: String(base),
      ROOM_PORT: String(base + 1),
      SIP_PORT: String(base + 2),
      ROOM_UDP_PORT: String(base + 4),
      WORKERS: '2',
      RTP_PORT_RANGE: `${rtp}-${rtp + 199}`,
      BIND_ADDRESS: ringback.address,
      ...(host && { HTTP_BIND: ringback.address }),
      DATA_DIR: dataDir,
      WEB_DIR: path.join(kRepository, 'web/dist'),
      LIVEKIT_API_KEY: kApiKey,
      LIVEKIT_API_SECRET: kApiSecret,
      LOG_FORMAT: 'json',
      ...settings,
    };
    const [command, ...flags] = [...(host?.enter ?? []), kBinary, 'serve', ...args];
    ringback.program = new Program('ringback', command, flags, { env, cwd: dataDir });
    await eventually('ringback to be ready', 10_000, async () => {
      if (!ringback.program.alive) throw new Error(`ringback did not start\n${ringback.program.tail()}`);
      return (await fetch(`${ringback.url}/${ready ? 'readyz' : 'healthz'}`).catch(() => undefined))?.ok;
    });
    return ringback;
  }

  /** Log lines as objects: {level, subject, id, message, ...}; lines that are no JSON have `text` only. */
  get log() {
    return this.program.lines.map((line) => {
      try {
        return JSON.parse(line);
      } catch {
        return { text: line };
      }
    });
  }

  async request(method, where, body, headers = {}) {
    const init = { method, headers: { ...(this.key && { Authorization: `Bearer ${this.key}` }), ...headers } };
    if (body !== undefined) {
      init.body = typeof body === 'string' ? body : JSON.stringify(body);
      init.headers['Content-Type'] ??= 'application/json';
    }
    const response = await fetch(this.url + where, init);
    const text = await response.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: response.status, headers: response.headers, text, json };
  }

  /** POST /api/livekit/call that must succeed; the answer's fields. */
  async place(phoneNumber, more = {}) {
    const answer = await this.request('POST', '/api/livekit/call', { callerId: 'test', callerName: 'Test Caller', phoneNumber, ...more });
    if (answer.status !== 200) throw new Error(`call refused: ${answer.status} ${answer.text}\n${this.program.tail()}`);
    return answer.json;
  }

  async row(callId) {
    return (await this.request('GET', `/api/livekit/calls/${callId}`)).json;
  }

  async hangUp(callId) {
    return this.request('DELETE', `/api/livekit/calls/${callId}`);
  }

  /** Waits until the call's row has one of these states. */
  async status(callId, wanted, timeout = 10_000) {
    let row;
    try {
      return await eventually(`call ${callId} to be ${wanted}`, timeout, async () => {
        row = await this.row(callId);
        if ([wanted].flat().includes(row.status)) return row;
        if (kTerminal.includes(row.status)) throw new Error(`the call is ${row.status}`);
        return undefined;
      });
    } catch (error) {
      throw new Error(`${error.message}; wanted ${wanted}, row: ${JSON.stringify(row)}\n${this.program.tail()}`);
    }
  }

  get rooms() {
    return new RoomServiceClient(`http://127.0.0.1:${this.roomPort}`, kApiKey, kApiSecret);
  }

  get sip() {
    return new SipClient(`http://127.0.0.1:${this.roomPort}`, kApiKey, kApiSecret);
  }

  async stop(signal = 'SIGTERM') {
    const result = await this.program.stop(signal, 15_000);
    return result;
  }

  /** Stops it and removes its data; for the end of a test. Fails when it did not end by itself or a sanitizer spoke. */
  async close() {
    const wasAlive = this.program.alive;
    const { code, signal } = await this.stop();
    const report = this.program.lines.findIndex((line) => /Sanitizer|runtime error:/.test(line));
    if (report >= 0) throw new Error(this.program.lines.slice(report, report + 60).join('\n'));
    if (wasAlive && code !== 0) throw new Error(`ringback ended with ${code ?? signal}\n${this.program.tail()}`);
    fs.rmSync(this.dataDir, { recursive: true, force: true });
  }
}
