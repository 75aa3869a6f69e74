// Calls without a pause for SOAK_MINUTES: afterwards nothing is left of them, and memory has not grown.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { DemoPhone } from '../e2e/harness/demo_phone.js';
import { Ringback } from '../e2e/harness/ringback.js';
import { pause } from '../e2e/harness/wait.js';

const kMinutes = Number(process.env.SOAK_MINUTES ?? 5);
const kAtOnce = 10;
const kNumbers = ['+15551230000', '+15551230001', '+15551230003', '+15551230004', '+15551230010'];

function usage(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    residentKiB: Number(/VmRSS:\s+(\d+)/.exec(status)[1]),
    threads: Number(/Threads:\s+(\d+)/.exec(status)[1]),
    files: fs.readdirSync(`/proc/${pid}/fd`).length,
  };
}

test(`${kMinutes} minutes of calls leave nothing behind`, async (t) => {
  const phone = await DemoPhone.start(['--answer-after', '100']);
  const ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, LOG_LEVEL: 'warn' });
  const pid = ringback.program.child.pid;
  const outcomes = {};

  async function oneCall(number) {
    const answer = await ringback.request('POST', '/api/livekit/call', { callerId: 'soak', phoneNumber: number });
    const id = answer.json.callId ?? answer.json.error.callId;
    await pause(500 + Math.random() * 1000);
    await ringback.hangUp(id);
    const row = await ringback.status(id, ['ended', 'failed'], 10_000);
    outcomes[row.reason] = (outcomes[row.reason] ?? 0) + 1;
  }

  async function calls(minutes) {
    const until = performance.now() + minutes * 60_000;
    let next = 0;
    const caller = async () => {
      while (performance.now() < until) await oneCall(kNumbers[next++ % kNumbers.length]);
    };
    await Promise.all(Array.from({ length: kAtOnce }, caller));
  }

  // The first minute fills pools and caches; growth is measured from there.
  await calls(Math.min(1, kMinutes / 2));
  await pause(3000);
  const before = usage(pid);
  await calls(kMinutes);
  await pause(3000);
  const after = usage(pid);
  t.diagnostic(JSON.stringify({ before, after, outcomes }));

  assert.equal(after.threads, before.threads);
  assert.ok(after.files <= before.files + 2, `${before.files} files, then ${after.files}`);
  assert.ok(after.residentKiB < before.residentKiB * 1.1 + 4096, `${before.residentKiB} KiB, then ${after.residentKiB} KiB`);
  assert.equal((await ringback.rooms.listRooms()).length, 0);
  assert.equal((await ringback.request('GET', '/api/livekit/calls?status=connected')).json.calls.length, 0);
  await ringback.close();
  await phone.close();
});
