import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts } from '../../e2e/harness/ports.js';
import { Program } from '../../e2e/harness/program.js';

/** A Redis of its own on loopback, without anything on disk. */
export class Redis {
  static async start() {
    const redis = new Redis();
    redis.port = await freePorts(2);
    redis.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redis-'));
    const args = ['--port', String(redis.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', redis.folder];
    redis.program = new Program('redis-server', 'redis-server', args);
    await redis.program.line(/Ready to accept connections/);
    return redis;
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  async close() {
    await this.program.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
