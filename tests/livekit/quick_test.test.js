// The quick test with the rooms of a real livekit-server: ringback dials, and the phone joins the server's room as a
// participant of kind SIP.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { DemoPhone } from '../e2e/harness/demo_phone.js';
import { Ringback } from '../e2e/harness/ringback.js';
import { RoomMember } from '../e2e/harness/room_member.js';
import { eventually } from '../e2e/harness/wait.js';
import { kOldLiveKitBinary, kLiveKitBinary, LiveKitServer } from './harness/livekit_server.js';

for (const [name, binary, codec] of [
  ['the newest server', kLiveKitBinary, 'audio/PCMU'],
  ['the oldest server', kOldLiveKitBinary, 'audio/opus'],
]) {
  let server;
  let phone;
  let ringback;

  before(async () => {
    server = await LiveKitServer.start({}, binary);
    phone = await DemoPhone.start(['--answer-after', '600']);
    ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, SIP_TRUNK_NUMBER: '+15550001000', LIVEKIT_URL: server.url });
  });
  after(async () => {
    await ringback?.close();
    await phone?.close();
    await server?.close();
  });

  test(`${name}: the phone joins its room as a SIP participant, and audio flows both ways`, async () => {
    const placed = await ringback.place('+1234567890');
    assert.equal(placed.url, server.url);
    const user = await RoomMember.join(placed.url, placed.token);
    await user.playTone(1000);
    await ringback.status(placed.callId, 'connected');
    await user.phoneStatus('active');

    const there = await eventually("the server to list the phone's track", 10_000, async () => {
      const participants = await server.rooms.listParticipants(placed.roomName);
      assert.deepEqual(participants.map(({ identity }) => identity).sort(), ['sip-caller', 'test']);
      return participants.find(({ identity, tracks }) => identity === 'sip-caller' && tracks.length > 0);
    });
    assert.equal(there.kind, 3, 'the phone is a participant of kind SIP');
    assert.equal(there.name, 'Phone Call');
    assert.equal(there.attributes['sip.phoneNumber'], '+1234567890');
    assert.equal(there.attributes['sip.trunkPhoneNumber'], '+15550001000');
    assert.equal(there.attributes['sip.callID'], placed.callId);
    assert.equal(there.tracks.length, 1);
    assert.equal(there.tracks[0].mimeType.toLowerCase(), codec.toLowerCase());
    assert.equal(there.tracks[0].source, 2, 'the track is a microphone');

    await phone.hears(1000);
    const heard = await user.recording('sip-caller');
    await heard.tone(1000, { share: 0.6, timeout: 20_000 });

    await ringback.hangUp(placed.callId);
    const row = await ringback.status(placed.callId, 'ended');
    assert.equal(row.reason, 'user_hung_up');
    await phone.event('ended', (event) => event.by === 'caller');
    await user.phoneGone();
    await user.leave();
  });
}

after(() => dispose());
