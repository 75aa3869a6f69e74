import { fileURLToPath } from 'node:url';
import { RoomServiceClient } from 'livekit-server-sdk';
import { freePorts } from '../e2e/harness/ports.js';
import { Program } from '../e2e/harness/program.js';
import { kApiKey, kApiSecret } from '../e2e/harness/ringback.js';

const kBinary =
  process.env.ROOM_TEST_SERVER ??
  fileURLToPath(new URL('../../build/debug/src/room/room_test_server', import.meta.url));

/** The room server alone, without dialer and SIP. */
export class RoomServer {
  static async start(environment = {}) {
    const server = new RoomServer();
    const port = await freePorts(4);
    server.program = new Program('room server', kBinary, [String(port), String(port + 1), '2'], {
      env: { ...process.env, LIVEKIT_API_KEY: kApiKey, LIVEKIT_API_SECRET: kApiSecret, ...environment },
    });
    await server.program.line(/^listening on/);
    server.url = `ws://127.0.0.1:${port}`;
    server.http = `http://127.0.0.1:${port}`;
    server.api = new RoomServiceClient(server.http, kApiKey, kApiSecret);
    return server;
  }

  /** Ends it the orderly way; gives its exit code. */
  async close() {
    this.program.child.stdin.end();
    const timer = setTimeout(() => this.program.signal('SIGKILL'), 10_000);
    const { code } = await this.program.exited;
    clearTimeout(timer);
    return code;
  }
}

/** Both ways of LiveKit's signalling: one peer connection (/rtc/v1) and two (/rtc). */
export const kSignallings = [
  { name: 'one connection', environment: {} },
  { name: 'two connections', environment: { ROOM_TEST_TWO_CONNECTIONS: '1' } },
];
