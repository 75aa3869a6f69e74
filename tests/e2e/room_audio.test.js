// What is heard in the room and at the phone besides the plain conversation: the room's codec, several talkers, ringback.
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { dispose, RoomEvent } from '@livekit/rtc-node';
import { soundBothWays } from './harness/conversation.js';
import { RoomMember, signToken } from './harness/room_member.js';
import { Scene } from './harness/scene.js';
import { eventually } from './harness/wait.js';

const scene = new Scene();
afterEach(() => scene.close());

for (const [setting, codec] of [['auto', 'audio/pcmu'], ['g711', 'audio/pcmu'], ['opus', 'audio/opus']]) {
  test(`ROOM_AUDIO=${setting}: the phone's track is ${codec}, and both hear each other`, async () => {
    const peer = await scene.peer();
    const { phone, ringback, placed } = await scene.callSipp('answer_peer', { peer }, { ROOM_AUDIO: setting });
    const user = await scene.join(placed);
    await ringback.status(placed.callId, 'connected');
    await soundBothWays(user, peer);
    const { tracks } = await ringback.rooms.getParticipant(placed.roomName, 'sip-caller');
    assert.deepEqual(tracks.map((track) => track.mimeType.toLowerCase()), [codec]);
    await ringback.hangUp(placed.callId);
    await phone.finished();
  });
}

test('two talkers in the room are both heard at the phone, and each alone when the other is silent', async () => {
  const peer = await scene.peer();
  const { ringback, placed } = await scene.callSipp('answer_peer', { peer });
  const user = await scene.join(placed);
  await ringback.status(placed.callId, 'connected');
  await soundBothWays(user, peer);

  const colleague = await RoomMember.join(placed.url, await signToken('colleague', placed.roomName));
  scene.add({ close: () => colleague.leave() });
  await colleague.playTone(1700);
  await eventually('both tones at the phone', 10_000, () => {
    const [first, second] = [1000, 1700].map((hertz) => peer.heard.measure(hertz));
    // Two tones of one level: half of the power each.
    return Math.abs(first.share - 0.5) < 0.1 && Math.abs(second.share - 0.5) < 0.1 && Math.abs(second.level - -12) < 3;
  });
  await user.hush();
  await peer.heard.tone(1700);
  await (await colleague.recording('sip-caller')).tone(440);
});

test('the room hears the ringback tone until the phone answers, and sip.callStatus follows', async () => {
  const peer = await scene.peer();
  const { phone, ringback, placed } = await scene.callSipp('rings_long_peer', { peer });
  const user = await RoomMember.join(placed.url, placed.token);
  scene.add({ close: () => user.leave() });
  const statuses = [];
  user.room.on(RoomEvent.ParticipantAttributesChanged, (changed, participant) => {
    if (participant.identity === 'sip-caller' && changed['sip.callStatus']) statuses.push(changed['sip.callStatus']);
  });
  await user.phoneStatus('ringing');
  const heard = await user.recording('sip-caller');
  await eventually("the ringback tone of the phone's country", 10_000, () => {
    const [first, second] = [440, 480].map((hertz) => heard.measure(hertz));
    return first?.share > 0.4 && second?.share > 0.4;
  });
  assert.equal((await ringback.row(placed.callId)).status, 'ringing');

  await ringback.status(placed.callId, 'connected');
  await user.phoneStatus('active');
  await user.playTone(1000);
  await eventually('audio at the phone', 10_000, () => peer.remote);
  peer.playTone(620);
  // Nothing of the ringback tone is left in what the phone says.
  await heard.tone(620, { share: 0.95 });
  await ringback.hangUp(placed.callId);
  await eventually('the last status', 5000, () => statuses.at(-1) === 'hangup');
  // Whether the user came before the first ring is chance.
  assert.deepEqual(statuses.filter((status) => status !== 'ringing'), ['active', 'hangup']);
  await phone.finished();
});

after(() => dispose());
