import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts } from '../../e2e/harness/ports.js';
import { Program } from '../../e2e/harness/program.js';

/** A Redis of its own, on loopback unless told otherwise, without anything on disk. */
export class Redis {
  /** `more` are further arguments of redis-server. */
  static async start(...more) {
    return Redis.startAt('127.0.0.1', ...more);
  }

  static async startAt(host, ...more) {
    const redis = new Redis();
    redis.host = host;
    redis.port = await freePorts(2);
    redis.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redis-'));
    redis.arguments = ['--port', String(redis.port), '--bind', host, '--save', '', '--appendonly', 'no', '--dir', redis.folder, ...more];
    await redis.run();
    return redis;
  }

  /** Also after kill(): on the same port, with nothing remembered. */
  async run() {
    this.program = new Program('redis-server', 'redis-server', this.arguments);
    await this.program.line(/Ready to accept connections/);
  }

  /** Ends at once, as a crash does. */
  async kill() {
    await this.program.stop('SIGKILL');
  }

  get address() {
    return `${this.host}:${this.port}`;
  }

  get url() {
    return `redis://${this.address}`;
  }

  async close() {
    await this.program.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
