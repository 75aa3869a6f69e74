// The quick test with the rooms of a real livekit-server, and independent phones: sipp and baresip.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { BaresipPhone } from '../e2e/harness/baresip.js';
import { callMethods, hangUpOnBaresip, keysBothWays, soundBothWays, talkWithBaresip } from '../e2e/harness/conversation.js';
import { checkRefusal, failure, kRefusals } from '../e2e/harness/failure.js';
import { freePorts } from '../e2e/harness/ports.js';
import { Scene } from '../e2e/harness/scene.js';
import { eventually } from '../e2e/harness/wait.js';
import { LiveKitServer } from './harness/livekit_server.js';

let server;
const scene = new Scene(() => ({ LIVEKIT_URL: server.url }));
before(async () => {
  server = await LiveKitServer.start();
});
after(() => server.close());
afterEach(() => scene.close());

/** No phone may stay in a room that its call has left. */
async function phoneIsGone(roomName) {
  await eventually('the phone to leave the room', 10_000, async () =>
    (await server.rooms.listParticipants(roomName).catch(() => [])).every(({ identity }) => identity !== 'sip-caller'),
  );
}

test('sipp rings, answers, hears the room, is heard there, and keys go both ways', async () => {
  const peer = await scene.peer();
  const { phone, ringback, placed } = await scene.callSipp('answer_peer', { peer });
  assert.match(placed.roomName, /^call_test_15551230000_\d{13}(-\d+)?$/);
  const user = await scene.join(placed);
  await ringback.status(placed.callId, 'connected');
  await user.phoneStatus('active');
  const there = await server.rooms.listParticipants(placed.roomName);
  assert.deepEqual(there.map(({ identity }) => identity).sort(), ['sip-caller', 'test']);
  assert.equal(there.find(({ identity }) => identity === 'sip-caller').kind, 3, 'the phone is a participant of kind SIP');

  await soundBothWays(user, peer);
  await keysBothWays(user, peer);
  await eventually('the phone to be an active speaker', 10_000, () => user.speakers.has('sip-caller'));

  await ringback.hangUp(placed.callId);
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'user_hung_up');
  await phone.finished();
  await user.phoneGone();
});

test('sipp plays early media before it answers', async () => {
  const peer = await scene.peer();
  const { phone, ringback, placed } = await scene.callSipp('early_media_peer', { peer });
  const user = await scene.join(placed);
  const port = await eventually('the INVITE at the phone', 5000, () => /m=audio (\d+) /.exec(phone.messages)?.[1]);
  peer.playTone(620, -12, { host: '127.0.0.1', port: Number(port) });
  await (await user.recording('sip-caller')).tone(620);
  await ringback.status(placed.callId, 'connected');
  await ringback.hangUp(placed.callId);
  await phone.finished();
});

test('the user calls the methods of the phone, and ends the call by one', async () => {
  const { phone, ringback, placed } = await scene.callSipp('answer_tone', { tone: 440 });
  const user = await scene.join(placed);
  await ringback.status(placed.callId, 'connected');
  await callMethods(ringback, placed, user, phone);
});

test('sipp hangs up', async () => {
  const { phone, ringback, placed } = await scene.callSipp('phone_hangs_up', { echo: true });
  const user = await scene.join(placed);
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'phone_hung_up');
  await phone.finished();
  await user.phoneGone();
});

test('the dialer hangs up while sipp rings', async () => {
  const { phone, ringback, placed } = await scene.callSipp('no_answer');
  await ringback.status(placed.callId, 'ringing');
  await ringback.hangUp(placed.callId);
  const row = await ringback.status(placed.callId, ['ended', 'failed']);
  assert.ok(['cancelled', 'user_hung_up'].includes(row.reason), row.reason);
  await phone.finished();
  await phoneIsGone(placed.roomName);
});

test('the user leaves, and nobody else is there', async () => {
  const { phone, ringback, placed } = await scene.callSipp('answer_tone', { tone: 440 }, { EMPTY_ROOM_TIMEOUT: '2' });
  const user = await scene.join(placed);
  // The server shows those who only listen some seconds later.
  await user.playTone(1000);
  await ringback.status(placed.callId, 'connected');
  await (await user.recording('sip-caller')).tone(440);
  await user.leave();
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'room_empty');
  await phone.finished();
});

for (const refusal of kRefusals) {
  test(`${refusal.name}: the error is the same as in a room of our own, and nobody stays`, async () => {
    const { row } = await checkRefusal(scene, refusal);
    await phoneIsGone(row.roomName);
  });
}

test('unreachable: nobody listens at the port of the trunk', async () => {
  const port = await freePorts(2);
  const error = await failure(await scene.ringback(`sip:127.0.0.1:${port};transport=tcp`));
  assert.equal(error.code, 'trunk_unreachable');
  await phoneIsGone(error.row.roomName);
});

for (const codecs of ['pcmu', 'pcma']) {
  test(`baresip with ${codecs} only: talks and hangs up, then is hung up`, async () => {
    const number = '+15551230000';
    const phone = scene.add(await BaresipPhone.start(number, { tone: 440, codecs }));
    const ringback = await scene.ringback(phone.uri);
    await talkWithBaresip(ringback, phone, number);
    await hangUpOnBaresip(ringback, phone, number);
  });
}

after(() => dispose());
