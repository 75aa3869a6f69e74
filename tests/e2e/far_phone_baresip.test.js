// The far phone is baresip: an independent SIP stack, RTP stack and codec.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { BaresipPhone } from './harness/baresip.js';
import { Ringback } from './harness/ringback.js';
import { RoomMember } from './harness/room_member.js';
import { eventually } from './harness/wait.js';

const kNumber = '+15551230000';

for (const codecs of ['pcmu', 'pcma']) {
  test(`baresip with ${codecs} only`, async (t) => {
    let phone;
    let ringback;
    before(async () => {
      phone = await BaresipPhone.start(kNumber, { tone: 440, codecs });
      ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, SIP_TRUNK_NUMBER: '+15550001000' });
    });
    after(async () => {
      await ringback?.close();
      await phone?.close();
    });

    await t.test('rings, answers, hears the room and is heard there', async () => {
      const placed = await ringback.place(kNumber);
      const user = await RoomMember.join(placed.url, placed.token);
      await user.playTone(1000);
      await ringback.status(placed.callId, 'connected');
      const heard = await (await user.recording('sip-caller')).tone(440);
      assert.ok(Math.abs(heard.level - -12) < 3, `played at -12 dB, heard at ${heard.level.toFixed(1)} dB`);
      const atPhone = await phone.hears(1000);
      assert.ok(Math.abs(atPhone.level - -12) < 3, `played at -12 dB, heard at ${atPhone.level.toFixed(1)} dB`);

      phone.press('7');
      await eventually('the digit in the room', 10_000, () => user.digits.some(({ digit }) => digit === '7'));

      phone.hangUp();
      const row = await ringback.status(placed.callId, 'ended');
      assert.equal(row.reason, 'phone_hung_up');
      await user.phoneGone();
      await user.leave();
    });

    await t.test('is hung up from the dialer', async () => {
      const placed = await ringback.place(kNumber);
      await ringback.status(placed.callId, 'connected');
      await ringback.hangUp(placed.callId);
      await ringback.status(placed.callId, 'ended');
      await phone.program.line(/session closed|terminated|Call .*(closed|terminated)/i);
    });
  });
}

after(() => dispose());
