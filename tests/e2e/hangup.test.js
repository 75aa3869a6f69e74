// A call can be ended from each of its sides, and each time both sides and the row know.
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { DemoPhone } from './harness/demo_phone.js';
import { Ringback } from './harness/ringback.js';
import { RoomMember } from './harness/room_member.js';
import { SippPhone } from './harness/sipp.js';

const open = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** A connected call with a user in the room. */
async function connected(settings = {}, number = '+15551230000', args = ['--answer-after', '300']) {
  const phone = await DemoPhone.start(args);
  open.push(phone);
  const ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, ...settings });
  open.push(ringback);
  const placed = await ringback.place(number);
  const user = await RoomMember.join(placed.url, placed.token);
  open.push({ close: () => user.leave() });
  await ringback.status(placed.callId, 'connected');
  await user.phone();
  return { phone, ringback, placed, user };
}

test('the phone hangs up', async () => {
  const { ringback, placed, user } = await connected({}, '+15551230005', ['--answer-after', '300', '--hang-up-after', '4000']);
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'phone_hung_up');
  assert.equal(row.error, undefined, 'a call that ended as calls do has no error');
  await user.phoneGone();
});

test('the phone hangs up (sipp)', async () => {
  const phone = await SippPhone.start('phone_hangs_up', { echo: true });
  open.push(phone);
  const ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri });
  open.push(ringback);
  const placed = await ringback.place('+15551230000');
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'phone_hung_up');
  assert.ok(row.durationSeconds >= 1, `lasted ${row.durationSeconds} s`);
  assert.ok(row.durationSeconds * 1000 <= Date.parse(row.endedAt) - Date.parse(row.startedAt), `lasted ${row.durationSeconds} s`);
  await phone.finished();
});

test('the dialer hangs up, and asking twice is no mistake', async () => {
  const { phone, ringback, placed } = await connected();
  assert.ok((await ringback.hangUp(placed.callId)).status < 300);
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'user_hung_up');
  await phone.event('ended', (event) => event.by === 'caller');
  assert.ok((await ringback.hangUp(placed.callId)).status < 300);
});

test('the dialer hangs up while the phone rings', async () => {
  const phone = await SippPhone.start('no_answer');
  open.push(phone);
  const ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri });
  open.push(ringback);
  const placed = await ringback.place('+15551230000');
  await ringback.status(placed.callId, 'ringing');
  await ringback.hangUp(placed.callId);
  const row = await ringback.status(placed.callId, ['ended', 'failed']);
  assert.ok(['cancelled', 'user_hung_up'].includes(row.reason), row.reason);
  assert.equal(row.durationSeconds ?? 0, 0);
  await phone.finished();
});

test('the phone is removed from the room', async () => {
  const { phone, ringback, placed } = await connected();
  await ringback.rooms.removeParticipant(placed.roomName, 'sip-caller');
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'removed');
  await phone.event('ended', (event) => event.by === 'caller');
});

test('the room is deleted', async () => {
  const { phone, ringback, placed } = await connected();
  await ringback.rooms.deleteRoom(placed.roomName);
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'room_closed');
  await phone.event('ended', (event) => event.by === 'caller');
});

test('the last other participant has been gone for a while', async () => {
  const { phone, ringback, placed, user } = await connected({ EMPTY_ROOM_TIMEOUT: '2' });
  await user.leave();
  const row = await ringback.status(placed.callId, 'ended', 10_000);
  assert.equal(row.reason, 'room_empty');
  await phone.event('ended', (event) => event.by === 'caller');
});

test('the call reaches its maximum duration', async () => {
  const { ringback, placed } = await connected({ MAX_CALL_DURATION: '4' });
  const row = await ringback.status(placed.callId, ['ended', 'failed'], 12_000);
  assert.equal(row.reason, 'max_duration');
});

test('the phone stops sending audio', async () => {
  const { ringback, placed } = await connected({ MEDIA_TIMEOUT: '2' }, '+15551230012');
  const row = await ringback.status(placed.callId, ['ended', 'failed'], 10_000);
  assert.equal(row.reason, 'media_timeout');
  assert.equal(row.error.stage, 'media');
});

after(() => dispose());
