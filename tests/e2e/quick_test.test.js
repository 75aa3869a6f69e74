// The quick test of README.md: one POST, the phone rings, two participants, audio both ways, hang up.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { DemoPhone } from './harness/demo_phone.js';
import { run } from './harness/program.js';
import { Ringback } from './harness/ringback.js';
import { RoomMember } from './harness/room_member.js';
import { eventually } from './harness/wait.js';

let phone;
let ringback;

before(async () => {
  phone = await DemoPhone.start(['--answer-after', '600']);
  ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, SIP_TRUNK_NUMBER: '+15550001000' });
});
after(async () => {
  await ringback?.close();
  await phone?.close();
});

test('the call that curl places rings, connects two participants and carries audio both ways', async () => {
  const text = await run('curl', [
    '-sS', '-X', 'POST', `${ringback.url}/api/livekit/call`,
    '-H', 'Content-Type: application/json',
    '-d', '{"callerId": "test", "phoneNumber": "+1234567890", "callerName": "Test Caller"}',
  ]);
  const placed = JSON.parse(text);
  assert.match(placed.roomName, /^call_test_1234567890_\d{13}(-\d+)?$/);
  assert.equal(placed.url, ringback.roomUrl);
  assert.equal(placed.status, 'initiated');

  const incoming = await phone.event('incoming');
  assert.equal(incoming.number, '+1234567890');
  assert.match(incoming.from, /15550001000/);
  await phone.event('ringing');

  const user = await RoomMember.join(placed.url, placed.token);
  await user.playTone(1000);
  await ringback.status(placed.callId, 'connected');
  await user.phoneStatus('active');

  const participants = await ringback.rooms.listParticipants(placed.roomName);
  assert.deepEqual(participants.map((participant) => participant.identity).sort(), ['sip-caller', 'test']);
  const phoneThere = participants.find((participant) => participant.identity === 'sip-caller');
  assert.equal(phoneThere.kind, 3, 'the phone is a participant of kind SIP');
  assert.equal(phoneThere.name, 'Phone Call');
  assert.equal(phoneThere.attributes['sip.phoneNumber'], '+1234567890');
  assert.equal(participants.find((participant) => participant.identity === 'test').name, 'Test Caller');

  await phone.hears(1000);
  const heard = await user.recording('sip-caller');
  await heard.tone(1000, { share: 0.6, timeout: 20_000 });
  await eventually('the phone to be an active speaker', 10_000, () => user.speakers.has('sip-caller'));

  const live = await ringback.row(placed.callId);
  assert.equal(live.status, 'connected');
  await ringback.hangUp(placed.callId);
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.phoneNumber, '+1234567890');
  assert.equal(row.callerId, 'test');
  assert.ok(row.durationSeconds >= 1, `lasted ${row.durationSeconds} s`);
  assert.ok(Date.parse(row.startedAt) <= Date.parse(row.endedAt));
  await phone.event('ended', (event) => event.by === 'caller');
  await user.phoneGone();
  await user.leave();
});

test('two calls at the same moment get two rooms', async () => {
  const [first, second] = await Promise.all([ringback.place('+15551230000'), ringback.place('+15551230000')]);
  assert.notEqual(first.roomName, second.roomName);
  await Promise.all([first, second].map(({ callId }) => ringback.status(callId, 'connected')));
  await Promise.all([first, second].map(({ callId }) => ringback.hangUp(callId)));
  await Promise.all([first, second].map(({ callId }) => ringback.status(callId, 'ended')));
});

test('the log tells the story of a call under one id', async () => {
  const placed = await ringback.place('+15551230000');
  await ringback.status(placed.callId, 'connected');
  await ringback.hangUp(placed.callId);
  await ringback.status(placed.callId, 'ended');
  const story = await eventually('the last line of the story', 3000, () => {
    const lines = ringback.log.filter((line) => line.id === placed.callId);
    return lines.length >= 4 && lines;
  });
  assert.ok(story.length <= 20, `${story.length} lines:\n${story.map((line) => line.message).join('\n')}`);
  const text = JSON.stringify(ringback.log);
  assert.ok(!text.includes(placed.token), 'no token in the log');
  assert.ok(!text.includes('15551230000"'), 'no full phone number at the end of a log message');
});

test('/metrics counts and /healthz answers', async () => {
  const metrics = await ringback.request('GET', '/metrics');
  assert.equal(metrics.status, 200);
  assert.match(metrics.text, /^ringback_\w+.* \d/m);
  assert.equal((await ringback.request('GET', '/healthz')).status, 200);
});

after(() => dispose());
