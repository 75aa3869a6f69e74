// What a real livekit-server and the network may do to a phone in its room while the call goes on.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { EncryptionType, dispose } from '@livekit/rtc-node';
import { Scene } from '../e2e/harness/scene.js';
import { RoomMember, signToken } from '../e2e/harness/room_member.js';
import { soundBothWays } from '../e2e/harness/conversation.js';
import { eventually } from '../e2e/harness/wait.js';
import { LiveKitServer } from './harness/livekit_server.js';
import { SignalProxy } from './harness/signal_proxy.js';

let server;
const scene = new Scene();
before(async () => {
  server = await LiveKitServer.start({ room: { enable_remote_unmute: true } });
});
after(() => server.close());
afterEach(() => scene.close());

/** A connected call in which phone and user hear each other; the user reaches the server without the proxy. */
async function talking(url) {
  const peer = await scene.peer();
  const call = await scene.callSipp('answer_peer', { peer }, { LIVEKIT_URL: url });
  await call.ringback.status(call.placed.callId, 'connected');
  const user = await scene.join({ url: server.url, token: call.placed.token });
  await soundBothWays(user, peer);
  return { ...call, peer, user };
}

async function phoneInRoom(roomName) {
  return (await server.rooms.listParticipants(roomName)).find(({ identity }) => identity === 'sip-caller');
}

test('a signalling connection that is cut is resumed with the newest token, and nobody hears a thing', async () => {
  const proxy = scene.add(await SignalProxy.start(server.port));
  const { ringback, placed, peer, user } = await talking(proxy.url);
  const before = await phoneInRoom(placed.roomName);
  const packets = peer.packets.length;
  proxy.cut();
  await eventually('the connection to be back', 10_000, () => ringback.log.some(({ message }) => /is back/.test(message)));
  assert.equal((await phoneInRoom(placed.roomName)).sid, before.sid, 'the participant is the same');
  await user.hearsAgain('sip-caller', 440);
  peer.heard.clear();
  await peer.heard.tone(1000);
  const audio = peer.packets.slice(packets).filter(({ type }) => type === 0);
  for (let i = 1; i < audio.length; i++) assert.equal((audio[i].sequence - audio[i - 1].sequence) & 0xffff, 1, 'no packet is missing');

  assert.equal(proxy.tokens.length, 2);
  const claims = proxy.tokens.map((token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()));
  assert.notEqual(proxy.tokens[0], proxy.tokens[1], 'the token of the resumption is the one that the server sent');
  assert.equal(claims[1].sub, 'sip-caller');
  assert.equal(claims[1].video.room, placed.roomName);
  await ringback.hangUp(placed.callId);
  await ringback.status(placed.callId, 'ended');
});

test("the server mutes the phone's track and unmutes it", async () => {
  const { ringback, placed, user } = await talking(server.url);
  const { tracks } = await phoneInRoom(placed.roomName);
  const heard = await user.recording('sip-caller');
  await server.rooms.mutePublishedTrack(placed.roomName, 'sip-caller', tracks[0].sid, true);
  await heard.silence();
  await server.rooms.mutePublishedTrack(placed.roomName, 'sip-caller', tracks[0].sid, false);
  await user.hearsAgain('sip-caller', 440);
  assert.equal((await ringback.row(placed.callId)).status, 'connected');
});

test('a room that is end-to-end encrypted is refused with a sentence', async () => {
  const { phone, ringback, placed } = await scene.callSipp('answer_tone', { tone: 440 }, { LIVEKIT_URL: server.url });
  await ringback.status(placed.callId, 'connected');
  const user = new RoomMember();
  scene.add({ close: () => user.leave() });
  const secret = new TextEncoder().encode('a secret that only the users know');
  await user.room.connect(server.url, await signToken('secretive', placed.roomName), {
    autoSubscribe: true,
    dynacast: false,
    encryption: { encryptionType: EncryptionType.GCM, keyProviderOptions: { sharedKey: secret } },
  });
  await user.playTone(1000);
  const row = await ringback.status(placed.callId, ['ended', 'failed']);
  assert.equal(row.reason, 'room_encrypted');
  assert.match(row.error.message, /encrypted/);
  await phone.finished();
});

after(() => dispose());
