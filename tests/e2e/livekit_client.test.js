// An unmodified livekit-client in Chromium, without the page of ringback around it, calls a phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { heardTone } from './harness/browser.js';
import { DemoPhone } from './harness/demo_phone.js';
import { PlainPage } from './harness/plain_page.js';
import { Ringback } from './harness/ringback.js';
import { RoomMember, signToken } from './harness/room_member.js';
import { eventually, kPatience } from './harness/wait.js';

let plain;
let phone;
let ringback;
let page;

before(async () => {
  plain = await PlainPage.start(1000);
  phone = await DemoPhone.start(['--answer-after', '300', '--tone', '440']);
  ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri });
  page = plain.page;
});
after(async () => {
  await plain?.close();
  await ringback?.close();
  await phone?.close();
});

test('the phone and the browser hear each other, and keys arrive', async () => {
  const placed = await ringback.place('+15551230000');
  await plain.join(placed.url, placed.token);
  await ringback.status(placed.callId, 'connected');
  await phone.hears(1000);
  await heardTone(page, '#phone', 440, 15_000 * kPatience);
  await plain.press([[4, '4'], [2, '2']]);
  await eventually('two digits at the phone', 10_000, () => phone.digits.length >= 2);
  assert.deepEqual(phone.digits, ['4', '2']);
  const sip = await page.evaluate(() => {
    const participant = window.room.remoteParticipants.get('sip-caller');
    return { kind: participant.kind, status: participant.attributes['sip.callStatus'], agent: participant.isAgent };
  });
  assert.deepEqual(sip, { kind: 3, status: 'active', agent: false });
});

for (const scenario of ['resume-reconnect', 'full-reconnect', 'signal-reconnect']) {
  test(`audio flows again after ${scenario}`, async () => {
    await page.evaluate(async (name) => {
      window.seen.length = 0;
      await window.room.simulateScenario(name);
    }, scenario);
    await eventually('the client to be connected again', 20_000, () =>
      page.evaluate(() => (window.seen.includes('reconnected') || window.seen.includes('signalReconnecting')) && window.room.state === 'connected'),
    );
    await phone.hears(1000, -35, 20_000);
    await heardTone(page, '#phone', 440, 20_000 * kPatience);
  });
}

test('a second participant hears the browser and exchanges data with it', async () => {
  const room = await page.evaluate(() => window.room.name);
  const member = await RoomMember.join(ringback.roomUrl, await signToken('guest', room));
  await (await member.recording('test')).tone(1000, { share: 0.7, timeout: 15_000 });
  await page.evaluate(() => {
    window.texts = [];
    window.room.registerTextStreamHandler('chat', async (reader) => window.texts.push(await reader.readAll()));
  });
  await member.room.localParticipant.sendText('hello from rtc-node', { topic: 'chat' });
  await eventually('the text in the browser', 10_000, () => page.evaluate(() => window.texts.includes('hello from rtc-node')));
  await member.leave();
});

test('leaving ends the call after a while', async () => {
  const [live] = (await ringback.request('GET', '/api/livekit/calls?status=connected')).json.calls;
  await plain.leave();
  const row = await ringback.status(live.id, 'ended', 40_000);
  assert.equal(row.reason, 'room_empty');
});

after(() => dispose());
