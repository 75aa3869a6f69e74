// The table of docs/benchmarks.md with the rooms on a real livekit-server: the same flows and load as with the embedded one.
// LIVEKIT_SERVER_BINARY names the server; arguments go to the load generator (ringback_bench --help), BENCH_BINARY names it.
import { spawn } from 'node:child_process';
import { kApiKey, kApiSecret } from '../e2e/harness/ringback.js';
import { LiveKitServer } from '../livekit/harness/livekit_server.js';
import { Redis } from '../livekit/harness/redis.js';

const redis = await Redis.start();
const server = await LiveKitServer.start({ redis: { address: redis.address }, logging: { level: 'warn' } });
const args = ['--livekit', `127.0.0.1:${server.port}`, '--redis', redis.url, '--key', kApiKey, '--secret', kApiSecret];
const bench = spawn(process.env.BENCH_BINARY ?? 'build/release/bench/ringback_bench', [...args, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = await new Promise((resolve) => bench.on('exit', resolve));
await server.close();
await redis.close();
