// The far phone is baresip: an independent SIP stack, RTP stack and codec.
import { after, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { BaresipPhone } from './harness/baresip.js';
import { hangUpOnBaresip, talkWithBaresip } from './harness/conversation.js';
import { Ringback } from './harness/ringback.js';

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

    await t.test('rings, answers, hears the room and is heard there', () => talkWithBaresip(ringback, phone, kNumber));
    await t.test('is hung up from the dialer', () => hangUpOnBaresip(ringback, phone, kNumber));
  });
}

after(() => dispose());
