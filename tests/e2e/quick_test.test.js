// The quick test of README.md: one POST, the phone rings, two participants, audio both ways, hang up.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { DemoPhone } from './harness/demo_phone.js';
import { failure } from './harness/failure.js';
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
  for (const [i, part] of [/wants to call/, /INVITE to/, /180 Ringing/, /200 OK: answered/, /connected: audio flows/, /BYE sent/, /ended/].entries()) {
    assert.ok(story.some(({ message }) => part.test(message)), `part ${i} of the story: ${part}`);
  }
  assert.ok(story.length <= 12, `${story.length} lines:\n${story.map((line) => line.message).join('\n')}`);
  const text = JSON.stringify(ringback.log);
  assert.ok(!text.includes(placed.token), 'no token in the log');
  for (const line of ringback.log) assert.ok(line.text === undefined || !line.text.startsWith('{'), `a line that is no JSON: ${line.text}`);
  assert.ok(!text.includes('15551230000"'), 'no full phone number at the end of a log message');
});

test('/metrics counts calls by how they ended, /healthz and /readyz answer', async () => {
  const sample = async (name) => {
    const metrics = await ringback.request('GET', '/metrics');
    assert.equal(metrics.status, 200);
    assert.match(metrics.headers.get('content-type'), /^text\/plain/);
    const line = metrics.text.split('\n').find((text) => text.startsWith(`${name} `));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  const names = [
    'ringback_calls_started_total',
    'ringback_calls_answered_total',
    'ringback_calls_ended_total{reason="user_hung_up"}',
    'ringback_calls_ended_total{reason="busy"}',
  ];
  const before = await Promise.all(names.map(sample));
  const answered = await ringback.place('+15551230000');
  await ringback.status(answered.callId, 'connected');
  assert.equal(await sample('ringback_calls_live'), 1);
  await ringback.hangUp(answered.callId);
  await ringback.status(answered.callId, 'ended');
  await failure(ringback, '+15551230001');
  const after = await Promise.all(names.map(sample));
  assert.deepEqual(after.map((value, i) => value - before[i]), [2, 1, 1, 1]);
  assert.equal(await sample('ringback_calls_live'), 0);

  assert.equal((await ringback.request('GET', '/healthz')).status, 200);
  assert.deepEqual((await ringback.request('GET', '/readyz')).json, { status: 'ready', problems: [], trunk: 'ST_settings' });
});

test('the list of calls comes in pages, newest first, and by state', async () => {
  const placed = [];
  for (let i = 0; i < 5; i++) {
    const { callId } = await ringback.place(i % 2 === 0 ? '+15551230000' : '+15551230002');
    await ringback.status(callId, i % 2 === 0 ? 'connected' : 'ringing');
    placed.unshift(callId);
  }
  const seen = [];
  for (let cursor = ''; cursor !== null; ) {
    const where = `/api/livekit/calls?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const { calls, nextCursor } = (await ringback.request('GET', where)).json;
    assert.ok(calls.length <= 2 && (nextCursor === null || calls.length === 2));
    // A call that begins while somebody pages shifts nothing.
    if (cursor === '') placed.push((await ringback.place('+15551230002')).callId);
    seen.push(...calls.map(({ id }) => id));
    cursor = nextCursor;
  }
  const late = placed.pop();
  assert.deepEqual(seen.slice(0, 5), placed);
  assert.equal(new Set(seen).size, seen.length, 'nothing comes twice');
  assert.ok(!seen.includes(late));

  const connected = (await ringback.request('GET', '/api/livekit/calls?status=connected')).json.calls;
  assert.deepEqual(connected.map(({ id }) => id), placed.filter((_, i) => i % 2 === 0));
  for (const id of [...placed, late]) await ringback.hangUp(id);
  for (const id of [...placed, late]) await ringback.status(id, ['ended', 'failed']);
});

after(() => dispose());
