// `./run --demo` is all that a newcomer types: it starts at once when nothing changed, rings, and leaves nothing behind.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePorts, isBound } from './harness/ports.js';
import { Program, run } from './harness/program.js';
import { eventually } from './harness/wait.js';

const kRun = fileURLToPath(new URL('../../run', import.meta.url));
const kSanitized = /(a|t)san/.test(process.env.RINGBACK_BINARY ?? '');

test('starts within 5 s, calls the demo phone, ends on Ctrl-C within 3 s', { skip: kSanitized && './run builds its own binary' }, async () => {
  await run(kRun, ['--build-only']);
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringback-demo-'));
  const base = await freePorts(10);
  const env = {
    ...process.env,
    DATA_DIR: dataDir,
    PORT: String(base),
    ROOM_PORT: String(base + 1),
    SIP_PORT: String(base + 2),
    ROOM_UDP_PORT: String(base + 4),
    DEMO_ADDRESS: `127.0.0.1:${base + 8}`,
    LOG_FORMAT: 'text',
  };
  const url = `http://127.0.0.1:${base}`;
  const started = performance.now();
  const program = new Program('./run --demo', kRun, ['--demo'], { env });
  await eventually('ringback to be ready', 5000, async () => {
    if (!program.alive) throw new Error(program.tail());
    return (await fetch(`${url}/readyz`).catch(() => undefined))?.ok;
  });
  const took = performance.now() - started;
  assert.ok(took < 5000, `started after ${took.toFixed(0)} ms`);
  assert.match(program.lines.join('\n'), new RegExp(`http://localhost:${base}`));
  assert.match(await (await fetch(`${url}/`)).text(), /<title>ringback<\/title>/);

  const answer = await fetch(`${url}/api/livekit/call`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ callerId: 'demo', phoneNumber: '+15551230000' }),
  });
  const { callId } = await answer.json();
  const status = async () => (await (await fetch(`${url}/api/livekit/calls/${callId}`)).json()).status;
  await eventually('the demo phone to answer', 10_000, async () => (await status()) === 'connected');

  const asked = performance.now();
  const { code } = await program.stop('SIGINT', 10_000);
  assert.equal(code, 0, program.tail());
  assert.ok(performance.now() - asked < 3000, `ended after ${(performance.now() - asked).toFixed(0)} ms`);
  await eventually('the demo phone to be gone', 4000, () => !isBound(base + 8));
  fs.rmSync(dataDir, { recursive: true, force: true });
});
