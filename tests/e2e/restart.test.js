// After kill -9 in the middle of calls no row stays alive: each ends as interrupted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DemoPhone } from './harness/demo_phone.js';
import { kTerminal, Ringback } from './harness/ringback.js';

test('rows of a killed ringback end as interrupted, finished rows stay as they were', async () => {
  const phone = await DemoPhone.start(['--answer-after', '300']);
  let ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri });
  const finished = await ringback.place('+15551230000');
  await ringback.status(finished.callId, 'connected');
  await ringback.hangUp(finished.callId);
  const before = await ringback.status(finished.callId, 'ended');

  const talking = await ringback.place('+15551230000');
  const ringing = await ringback.place('+15551230002');
  await ringback.status(talking.callId, 'connected');
  await ringback.status(ringing.callId, 'ringing');
  await ringback.stop('SIGKILL');

  ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri }, ringback.dataDir);
  for (const { callId } of [talking, ringing]) {
    const row = await ringback.row(callId);
    assert.ok(kTerminal.includes(row.status), `status ${row.status}`);
    assert.equal(row.reason, 'interrupted');
    assert.ok(row.endedAt);
  }
  assert.deepEqual(await ringback.row(finished.callId), before);

  const list = await ringback.request('GET', '/api/livekit/calls?limit=2');
  assert.equal(list.json.calls.length, 2);
  const rest = await ringback.request('GET', `/api/livekit/calls?limit=2&cursor=${encodeURIComponent(list.json.nextCursor)}`);
  assert.equal(rest.json.calls.length, 1);
  const live = await ringback.request('GET', '/api/livekit/calls?status=connected');
  assert.equal(live.json.calls.length, 0);

  const again = await ringback.place('+15551230000');
  await ringback.status(again.callId, 'connected');
  await ringback.close();
  await phone.close();
});
