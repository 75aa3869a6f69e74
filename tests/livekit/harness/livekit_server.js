import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RoomServiceClient, SipClient } from 'livekit-server-sdk';
import { freePorts } from '../../e2e/harness/ports.js';
import { Program } from '../../e2e/harness/program.js';
import { kApiKey, kApiSecret } from '../../e2e/harness/ringback.js';
import { eventually } from '../../e2e/harness/wait.js';

export const kLiveKitBinary = process.env.LIVEKIT_SERVER_BINARY;
/** The oldest server that is supported. */
export const kOldLiveKitBinary = process.env.LIVEKIT_SERVER_OLD_BINARY;

/** One real livekit-server on free ports, with the tests' API key. */
export class LiveKitServer {
  /**
   * `config` is merged into its settings, one level deep, its `rtc` one more; `place`: `address` and its network `device`, if not
   * loopback, and how to run a program `inside` another network (a FarNetwork).
   */
  static async start(config = {}, binary = kLiveKitBinary, place = {}) {
    const { address = '127.0.0.1', device = 'lo' } = place;
    const server = new LiveKitServer();
    server.address = address;
    const base = await freePorts(4);
    server.port = base;
    server.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'livekit-'));
    const rtc = {
      tcp_port: base + 1,
      udp_port: base + 2,
      node_ip: address,
      use_external_ip: false,
      enable_loopback_candidate: true,
      interfaces: { includes: [device] },
    };
    const settings = {
      port: base,
      bind_addresses: [address],
      keys: { [kApiKey]: kApiSecret },
      logging: { level: 'info', json: true },
      ...config,
    };
    settings.rtc = { ...rtc, ...config.rtc };
    // JSON is YAML.
    const file = path.join(server.folder, 'livekit.yaml');
    fs.writeFileSync(file, JSON.stringify(settings));
    const args = ['--config', file, '--node-ip', address];
    [server.binary, server.arguments] = place.inside?.(binary, args) ?? [binary, args];
    await server.run();
    return server;
  }

  /** Also after kill(): on the same ports, with nothing remembered. */
  async run() {
    this.program = new Program('livekit-server', this.binary, this.arguments, { cwd: this.folder });
    await eventually('livekit-server to answer', 20_000, async () => {
      if (!this.program.alive) throw new Error(`livekit-server did not start\n${this.program.tail()}`);
      return (await fetch(this.httpUrl).catch(() => undefined))?.ok;
    });
  }

  /** Ends at once, as a crash does. */
  async kill() {
    await this.program.stop('SIGKILL');
  }

  get url() {
    return `ws://${this.address}:${this.port}`;
  }

  get httpUrl() {
    return `http://${this.address}:${this.port}`;
  }

  get rooms() {
    return new RoomServiceClient(this.httpUrl, kApiKey, kApiSecret);
  }

  get sip() {
    return new SipClient(this.httpUrl, kApiKey, kApiSecret);
  }

  async close() {
    await this.program.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
