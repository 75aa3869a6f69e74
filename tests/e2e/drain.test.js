// DRAIN_TIMEOUT: SIGTERM lets live calls go on and refuses new ones.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { DemoPhone } from './harness/demo_phone.js';
import { Ringback } from './harness/ringback.js';
import { eventually } from './harness/wait.js';

let phone;
let ringback;
beforeEach(async () => {
  phone = await DemoPhone.start(['--answer-after', '100']);
});
afterEach(async () => {
  await ringback?.program.stop('SIGKILL');
  await ringback?.close();
  await phone.close();
});

async function startDraining(timeout) {
  ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, DRAIN_TIMEOUT: String(timeout) });
  const { callId } = await ringback.place('+15551230000');
  await ringback.status(callId, 'connected');
  ringback.program.signal('SIGTERM');
  const ready = await eventually('the node to drain', 5000, async () => {
    const answer = await ringback.request('GET', '/readyz');
    return answer.status === 503 && answer.json;
  });
  assert.match(ready.problems.join(), /the node drains: it takes no new calls, and 1 are live/);
  return callId;
}

const told = (pattern) => ringback.log.filter(({ subject, message }) => subject === 'server' && pattern.test(message));
const ended = () => phone.events.filter(({ event }) => event === 'ended').length;

test('new calls are refused by both APIs, the live one goes on, and its end ends the program', async () => {
  const callId = await startDraining(600);
  const refused = await ringback.request('POST', '/api/livekit/call', { callerId: 'test', phoneNumber: '+15551230000' });
  assert.equal(refused.status, 503);
  const { code, stage, message, action, callId: refusedId } = refused.json.error;
  assert.deepEqual([code, stage], ['draining', 'request']);
  assert.match(message, /takes no new calls/);
  assert.match(action, /another node/);
  const row = await ringback.row(refusedId);
  assert.deepEqual([row.status, row.reason], ['failed', 'draining']);

  const trunk = await ringback.sip.createSipOutboundTrunk('phone', phone.uri.replace('sip:', ''), ['+15550001000']);
  await assert.rejects(ringback.sip.createSipParticipant(trunk.sipTrunkId, '+15551230000', 'room'), (error) => {
    assert.equal(error.status, 503);
    assert.equal(error.metadata?.ringback_code ?? 'draining', 'draining');
    return true;
  });

  assert.equal((await ringback.row(callId)).status, 'connected');
  assert.equal(ended(), 0);
  assert.equal(told(/draining: 1 call\(s\) are live/).length, 1);
  const answer = await ringback.hangUp(callId);
  assert.equal(answer.json.status, 'ended');
  const { code: exit } = await ringback.program.exited;
  assert.equal(exit, 0, ringback.program.tail());
  assert.equal(told(/drained: no call is live/).length, 1);
});

test('what is live at the deadline is ended by BYE', async () => {
  await startDraining(2);
  const { code } = await ringback.program.exited;
  assert.equal(code, 0, ringback.program.tail());
  await phone.event('ended', (event) => event.by === 'caller');
  assert.equal(told(/the time to drain is over: 1 call\(s\) are live/).length, 1);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`a second signal, ${signal}, ends the draining at once`, async () => {
    await startDraining(600);
    const { code } = await ringback.stop(signal);
    assert.equal(code, 0, ringback.program.tail());
    await phone.event('ended', (event) => event.by === 'caller');
    assert.equal(told(/another signal ends the draining/).length, 1);
  });
}

test('SIGINT does not drain', async () => {
  ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, DRAIN_TIMEOUT: '600' });
  const { callId } = await ringback.place('+15551230000');
  await ringback.status(callId, 'connected');
  const start = performance.now();
  const { code } = await ringback.stop('SIGINT');
  assert.equal(code, 0, ringback.program.tail());
  assert.ok(performance.now() - start < 3000, 'within three seconds');
  await phone.event('ended', (event) => event.by === 'caller');
});
