// An unmodified livekit-client in Chromium and a phone meet in a room of a real livekit-server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { heardTone } from '../e2e/harness/browser.js';
import { DemoPhone } from '../e2e/harness/demo_phone.js';
import { PlainPage } from '../e2e/harness/plain_page.js';
import { Ringback } from '../e2e/harness/ringback.js';
import { eventually, kPatience } from '../e2e/harness/wait.js';
import { LiveKitServer } from './harness/livekit_server.js';

let server;
let plain;
let phone;
let ringback;
before(async () => {
  server = await LiveKitServer.start();
  plain = await PlainPage.start(1000);
  phone = await DemoPhone.start(['--answer-after', '300', '--tone', '440']);
  ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, LIVEKIT_URL: server.url, EMPTY_ROOM_TIMEOUT: '2' });
});
after(async () => {
  await plain?.close();
  await ringback?.close();
  await phone?.close();
  await server?.close();
});

test('the phone and the browser hear each other, and keys go both ways', async () => {
  const placed = await ringback.place('+15551230000');
  await plain.join(placed.url, placed.token);
  await ringback.status(placed.callId, 'connected');
  await phone.hears(1000);
  await heardTone(plain.page, '#phone', 440, 15_000 * kPatience);
  await plain.press([[4, '4'], [2, '2'], [11, '#']]);
  await eventually('three digits at the phone', 10_000, () => phone.digits.length >= 3);
  assert.deepEqual(phone.digits, ['4', '2', '#']);

  await plain.leave();
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'room_empty');
});

test('the browser sees the keys that the phone presses', async () => {
  const placed = await ringback.place('+15551230006');
  await plain.join(placed.url, placed.token);
  await eventually('four digits in the browser', 15_000, () => plain.page.evaluate(() => window.digits.length >= 4));
  assert.deepEqual(await plain.page.evaluate(() => window.digits), ['1', '2', '3', '#']);
  await ringback.hangUp(placed.callId);
  await ringback.status(placed.callId, 'ended');
});

for (const [name, cut] of [
  ['resumes its connection', 'resume-reconnect'],
  ['joins anew', 'full-reconnect'],
]) {
  test(`the phone is heard again when the browser ${name}`, async () => {
    const placed = await ringback.place('+15551230000');
    await plain.join(placed.url, placed.token);
    await ringback.status(placed.callId, 'connected');
    await phone.hears(1000);
    await plain.page.evaluate((scenario) => window.room.simulateScenario(scenario), cut);
    await eventually('the browser to be back', 20_000, () =>
      plain.page.evaluate(() => window.seen.some((name) => /^(reconnected|signalReconnecting)$/.test(name)) && window.room.state === 'connected'),
    );
    await phone.hears(1000, -35, 20_000);
    await heardTone(plain.page, '#phone', 440, 20_000 * kPatience);
    await ringback.hangUp(placed.callId);
    await ringback.status(placed.callId, 'ended');
    await plain.leave();
  });
}
