// Calls with the rooms of a real livekit-server end from every side, keys go both ways, and a restart of the server in
// mid-call is survived.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { DemoPhone } from '../e2e/harness/demo_phone.js';
import { Ringback } from '../e2e/harness/ringback.js';
import { RoomMember, signToken } from '../e2e/harness/room_member.js';
import { eventually } from '../e2e/harness/wait.js';
import { LiveKitServer } from './harness/livekit_server.js';
import { SignalProxy } from './harness/signal_proxy.js';

let server;
const open = [];
before(async () => {
  server = await LiveKitServer.start();
});
after(() => server.close());
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function started(settings = {}, args = ['--answer-after', '300']) {
  const phone = await DemoPhone.start(args);
  open.push(phone);
  const ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, LIVEKIT_URL: server.url, ...settings });
  open.push(ringback);
  return { phone, ringback };
}

/** A connected call with a user in the room. */
async function connected(number = '+15551230000', settings = {}, args = undefined) {
  const { phone, ringback } = await started(settings, args);
  const placed = await ringback.place(number);
  const user = await RoomMember.join(placed.url, placed.token);
  open.push({ close: () => user.leave() });
  await ringback.status(placed.callId, 'connected');
  await user.phoneStatus('active');
  return { phone, ringback, placed, user };
}

test('keys go both ways', async () => {
  const { phone, ringback } = await started({}, ['--answer-after', '2500']);
  const placed = await ringback.place('+15551230006');
  const user = await RoomMember.join(placed.url, placed.token);
  open.push({ close: () => user.leave() });
  await user.phone();
  await user.phoneStatus('active');
  await eventually('four digits in the room', 10_000, () => user.digits.length >= 4);
  assert.deepEqual(user.digits.map(({ digit }) => digit), ['1', '2', '3', '#']);
  assert.equal(user.digits[0].from, 'sip-caller');
  for (const [code, digit] of [[1, '1'], [11, '#']]) await user.room.localParticipant.publishDtmf(code, digit);
  await eventually('two digits at the phone', 10_000, () => phone.digits.length >= 2);
  assert.deepEqual(phone.digits, ['1', '#']);
});

test('the phone hangs up', async () => {
  const { ringback, placed, user } = await connected('+15551230005', {}, ['--answer-after', '300', '--hang-up-after', '3000']);
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'phone_hung_up');
  await user.phoneGone();
});

test('the phone is removed from the room', async () => {
  const { phone, ringback, placed } = await connected();
  await server.rooms.removeParticipant(placed.roomName, 'sip-caller');
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'removed');
  await phone.event('ended', (event) => event.by === 'caller');
});

test('the phone is removed, and the server\'s word of it is lost', async () => {
  const proxy = await SignalProxy.start(server.port);
  open.push(proxy);
  const { phone, ringback, placed } = await connected('+15551230000', { LIVEKIT_URL: proxy.url });
  const before = await server.rooms.listParticipants(placed.roomName);
  assert.equal(before.length, 2);
  proxy.deafen();
  await server.rooms.removeParticipant(placed.roomName, 'sip-caller');
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'removed');
  await phone.event('ended', (event) => event.by === 'caller');
  assert.ok(!ringback.log.some(({ message }) => /back in the room/.test(message)), 'it must not come back');
});

test('the room is deleted', async () => {
  const { phone, ringback, placed } = await connected();
  await server.rooms.deleteRoom(placed.roomName);
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'room_closed');
  await phone.event('ended', (event) => event.by === 'caller');
});

test('a busy phone', async () => {
  const { ringback } = await started();
  const placed = await ringback.place('+15551230001');
  const row = await ringback.status(placed.callId, 'failed');
  assert.equal(row.reason, 'busy');
  await eventually('the phone to leave the room', 10_000, async () =>
    (await server.rooms.listParticipants(placed.roomName)).every(({ identity }) => identity !== 'sip-caller'),
  );
});

test('a server that does not know the key', async () => {
  const { ringback } = await started({ LIVEKIT_API_SECRET: 'not-the-secret-of-that-server-0123456789' }, ['--answer-after', '5000']);
  const placed = await ringback.place('+15551230000');
  const row = await ringback.status(placed.callId, 'failed');
  assert.equal(row.reason, 'livekit_keys_refused');
  assert.equal(row.error.stage, 'room');
  assert.ok(!JSON.stringify(ringback.log).includes('eyJ'), 'no token in the log');
});

test('the server restarts in mid-call', async () => {
  const { phone, ringback, placed, user } = await connected();
  await user.playTone(1000);
  await phone.hears(1000);
  await user.hush();
  await server.kill();
  await server.run();
  const back = await RoomMember.join(placed.url, await signToken('back', placed.roomName));
  open.push({ close: () => back.leave() });
  await back.phone('sip-caller', 20_000);
  await back.phoneStatus('active');
  await back.playTone(700);
  await phone.hears(700, -35, 20_000);
  assert.equal((await ringback.row(placed.callId)).status, 'connected');
  await ringback.hangUp(placed.callId);
  await ringback.status(placed.callId, 'ended');
});

after(() => dispose());
