// The real page in real Chromium: a person calls, talks, listens, presses keys and hangs up.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Browser, heardTone } from './harness/browser.js';
import { DemoPhone } from './harness/demo_phone.js';
import { Ringback } from './harness/ringback.js';
import { eventually, kPatience } from './harness/wait.js';

let browser;
let phone;
let ringback;
let page;

before(async () => {
  browser = await Browser.start(1000);
  phone = await DemoPhone.start(['--answer-after', '1000', '--tone', '440']);
  ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri });
});
after(async () => {
  await browser?.close();
  await ringback?.close();
  await phone?.close();
});
afterEach(async () => {
  await page?.context().close();
});

const by = (name) => page.locator(`[data-testid="${name}"]`);

async function phase(wanted, timeout = 10_000) {
  try {
    await page.locator(`[data-testid="dialer"][data-phase="${wanted}"]`).waitFor({ timeout: timeout * kPatience });
  } catch (error) {
    const shown = await by('dialer').innerText();
    throw new Error(`the page is not ${wanted}: ${error.message}\n${shown}\n${page.messages.join('\n')}\n${ringback.program.tail(15)}`);
  }
}

async function open(options = {}) {
  page = await browser.open(`http://localhost:${ringback.port}/`, options);
  await page.locator('[data-testid="availability"][data-state="ready"]').waitFor();
}

async function dial(number) {
  await by('number-input').fill(number);
  await page.keyboard.press('Enter');
}

test('a call by keyboard: dials, rings, connects, carries audio both ways, keys, mute, hang-up', async () => {
  await open();
  await dial('+1 555 123 0000');
  await phase('ringing');
  assert.match(await by('call-status-text').innerText(), /Ringing/);
  await phase('connected');

  await phone.hears(1000);
  await heardTone(page, '[data-testid="phone-audio"]', 440, 15_000 * kPatience);
  await eventually('both meters to move', 5000, async () => {
    const levels = await Promise.all(['mic-level', 'phone-level'].map((name) => by(name).getAttribute('aria-valuenow')));
    return levels.every((level) => Number(level) > 20);
  });

  for (const key of ['1', '2', '#']) await page.keyboard.press(key);
  await by('key-9').click();
  await eventually('four digits at the phone', 10_000, () => phone.digits.length >= 4);
  assert.deepEqual(phone.digits, ['1', '2', '#', '9']);
  assert.equal(await by('sent-digits').innerText(), '12#9');

  await page.keyboard.press('m');
  await page.locator('[data-testid="mute-button"][aria-pressed="true"]').waitFor();
  const events = phone.events.length;
  await eventually('silence at the phone', 8000, () =>
    phone.events.slice(events).some((event) => event.event === 'audio' && event.levelDbm0 < -50),
  );
  await by('mute-button').click();
  await phone.hears(1000);

  assert.match(await by('elapsed').innerText(), /^0:\d\d$/);
  const callId = await by('call-id').innerText();
  await page.keyboard.press('Escape');
  await phase('ended');
  assert.equal((await ringback.status(callId, 'ended')).reason, 'user_hung_up');
  await phone.event('ended', (event) => event.call === 1);
  assert.deepEqual(page.messages.filter((message) => /page error/.test(message)), []);
});

test('keys that the phone presses are shown, and the phone can hang up', async () => {
  await open();
  await dial('+15551230006');
  await phase('connected');
  await by('call-log').getByText('The phone pressed #').waitFor({ timeout: 10_000 * kPatience });
  await by('hangup-button').click();
  await phase('ended');

  await dial('+15551230005');
  await phase('connected');
  await phase('ended', 15_000);
});

test('a busy phone shows the cause and what to do', async () => {
  await open();
  await dial('+15551230001');
  await phase('failed');
  assert.match(await by('error-cause').innerText(), /busy/i);
  assert.ok((await by('error-action').innerText()).length > 0);
  assert.match(await by('error-code').innerText(), /busy.*486/);
});

test('a number that is none shows the cause, and the next call works', async () => {
  await open();
  await dial('not a number');
  await phase('failed');
  assert.match(await by('error-code').innerText(), /invalid_number/);
  await dial('+15551230000');
  await phase('connected');
  await by('hangup-button').click();
  await phase('ended');
});

test('without a microphone no phone is made to ring', async () => {
  const incoming = phone.events.filter((event) => event.event === 'incoming').length;
  await open();
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await dial('+15551230000');
  await phase('failed');
  assert.match(await by('error-action').innerText(), /microphone/);
  assert.equal(phone.events.filter((event) => event.event === 'incoming').length, incoming);
});

test('a tab that is closed hangs up', async () => {
  await open();
  await dial('+15551230000');
  await phase('connected');
  const callId = await by('call-id').innerText();
  await page.close({ runBeforeUnload: false });
  const row = await ringback.status(callId, 'ended', 15_000);
  assert.ok(['user_hung_up', 'room_empty'].includes(row.reason), row.reason);
});

test('everything fits on a phone of 390 pixels, and settings survive a reload', async () => {
  await open({ viewport: { width: 390, height: 844 } });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, 'no sideways scrolling');
  await by('key-5').click();
  assert.equal(await by('number-input').inputValue(), '5');
  await by('caller-name').fill('Anna');
  await by('caller-name').press('Tab');
  await page.reload();
  assert.equal(await by('caller-name').inputValue(), 'Anna');
});
