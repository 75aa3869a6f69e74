// Fifty calls at once in fifty rooms of a real livekit-server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { DemoPhone } from '../e2e/harness/demo_phone.js';
import { Ringback } from '../e2e/harness/ringback.js';
import { RoomMember } from '../e2e/harness/room_member.js';
import { eventually } from '../e2e/harness/wait.js';
import { LiveKitServer } from './harness/livekit_server.js';

const kCalls = 50;

let server;
let phone;
let ringback;
before(async () => {
  server = await LiveKitServer.start();
  phone = await DemoPhone.start(['--answer-after', '300', '--tone', '440'], 2 * kCalls);
  ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, LIVEKIT_URL: server.url, EMPTY_ROOM_TIMEOUT: '300' });
});
after(async () => {
  await ringback?.close();
  await phone?.close();
  await server?.close();
});

test(`${kCalls} calls at once: every phone is answered, every room hears its phone, every row is right`, async () => {
  const placed = await Promise.all(Array.from({ length: kCalls }, () => ringback.place('+15551230000')));
  assert.equal(new Set(placed.map(({ roomName }) => roomName)).size, kCalls);
  await Promise.all(placed.map(({ callId }) => ringback.status(callId, 'connected', 20_000)));
  assert.equal(phone.events.filter(({ event }) => event === 'answered').length, kCalls);

  // All calls are live; a few listeners at a time go from room to room, for this machine must play them all.
  const waiting = [...placed];
  const listen = async () => {
    for (let call = waiting.pop(); call !== undefined; call = waiting.pop()) {
      const user = await RoomMember.join(call.url, call.token);
      await (await user.recording('sip-caller', 20_000)).tone(440, { seconds: 0.5, timeout: 20_000 });
      assert.equal(await user.phoneStatus('active'), 'active');
      assert.equal(user.others.length, 1);
      await user.leave();
    }
  };
  await Promise.all(Array.from({ length: 5 }, listen));
  assert.equal((await server.rooms.listRooms()).length, kCalls);

  await Promise.all(placed.map(({ callId }) => ringback.hangUp(callId)));
  const rows = await Promise.all(placed.map(({ callId }) => ringback.status(callId, 'ended', 20_000)));
  for (const [i, row] of rows.entries()) {
    assert.equal(row.reason, 'user_hung_up');
    assert.equal(row.roomName, placed[i].roomName);
    assert.equal(row.phoneNumber, '+15551230000');
    assert.ok(row.durationSeconds >= 1 && row.connectedAt && row.endedAt, JSON.stringify(row));
  }
  await eventually('all phones to be hung up', 10_000, () => phone.events.filter(({ event }) => event === 'ended').length === kCalls);
  assert.ok(phone.events.filter(({ event }) => event === 'ended').every(({ by }) => by === 'caller'));
  await eventually('all phones to have left', 10_000, async () =>
    (await server.rooms.listRooms()).every(({ numParticipants }) => numParticipants === 0),
  );
});

after(() => dispose());
