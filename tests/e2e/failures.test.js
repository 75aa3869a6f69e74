// Each way in which a call fails ends in the right row with a cause, a stage and an action.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { afterEach, test } from 'node:test';
import { freePorts } from './harness/ports.js';
import { checkRefusal, failure, kRefusals, refusedBy } from './harness/failure.js';
import { Ringback } from './harness/ringback.js';
import { Scene } from './harness/scene.js';
import { SippPhone } from './harness/sipp.js';

const scene = new Scene();
afterEach(() => scene.close());

for (const refusal of kRefusals) test(refusal.name, () => checkRefusal(scene, refusal));

test('more calls than MAX_CALLS', async () => {
  const phone = scene.add(await SippPhone.start('no_answer'));
  const ringback = await scene.ringback(phone.uri, { MAX_CALLS: '1' });
  const first = await ringback.place('+15551230000');
  await ringback.status(first.callId, 'ringing');
  const error = await failure(ringback);
  assert.equal(error.code, 'too_many_calls');
  assert.equal(error.answer.status, 503);
  await ringback.hangUp(first.callId);
  await ringback.status(first.callId, 'ended');
});

test('every pair of audio ports rests after its call; none left is a reason of its own', async () => {
  const phone = scene.add(await SippPhone.start('no_answer', { calls: 2 }));
  const first = await freePorts(4);
  const ports = { RTP_PORT_RANGE: `${first}-${first + 3}`, WORKERS: '1', MAX_CALLS: '10' };
  const ringback = await scene.ringback(phone.uri, ports);
  for (let i = 0; i < 2; i++) {
    const { callId } = await ringback.place('+15551230000');
    await ringback.status(callId, 'ringing');
    await ringback.hangUp(callId);
    await ringback.status(callId, ['ended', 'failed']);
  }
  const error = await failure(ringback);
  assert.equal(error.code, 'no_media_ports');
  assert.match(error.action, /RTP_PORT_RANGE/);
  const used = [...phone.messages.matchAll(/^m=audio (\d+) /gm)].map(([, port]) => Number(port));
  assert.deepEqual([...new Set(used)].sort(), [first, first + 2]);
});

test('words of a provider that are no UTF-8 spoil neither answer, row nor log', async () => {
  const phone = scene.add(await SippPhone.start('busy_latin1'));
  const ringback = await scene.ringback(phone.uri);
  const error = await failure(ringback);
  assert.equal(error.code, 'busy');
  assert.equal(error.sipReason, 'Besetzt f?r M?ller');
  const story = ringback.log.filter((line) => line.id === error.row.id);
  assert.ok(story.some(({ message }) => message.includes('Besetzt f?r M?ller')), JSON.stringify(story));
  await phone.finished();
});

test("forbidden, with the provider's own words", async () => {
  const error = await refusedBy(scene, 'forbidden');
  assert.equal(error.code, 'forbidden');
  assert.match(JSON.stringify(error), /Caller ID not verified/);
});

test('wrong password', async () => {
  const error = await refusedBy(scene, 'auth_refused', { SIP_TRUNK_USERNAME: 'dialer', SIP_TRUNK_PASSWORD: 'wrong horse' });
  assert.equal(error.code, 'credentials_refused');
  assert.equal(error.stage, 'auth');
  assert.ok(!JSON.stringify(error.row).includes('horse'), 'no password in the row');
});

test('no password configured although the provider asks for one', async () => {
  const phone = await SippPhone.start('auth_md5');
  scene.add(phone);
  const error = await failure(await scene.ringback(phone.uri));
  assert.equal(error.code, 'credentials_missing');
  assert.match(error.action, /SIP_TRUNK_USERNAME/);
});

test('unreachable trunk: nobody listens at its port', async () => {
  const port = await freePorts(2);
  const error = await failure(await scene.ringback(`sip:127.0.0.1:${port};transport=tcp`));
  assert.equal(error.code, 'trunk_unreachable');
});

test('unreachable trunk: nobody listens at its UDP port', async () => {
  const port = await freePorts(2);
  const error = await failure(await scene.ringback(`sip:127.0.0.1:${port}`), '+15551230000', 40_000);
  assert.ok(['trunk_unreachable', 'trunk_silent'].includes(error.code), error.code);
});

test('a trunk that never answers', async () => {
  const silent = dgram.createSocket('udp4');
  await new Promise((resolve) => silent.bind(0, '127.0.0.1', resolve));
  scene.add({ close: () => silent.close() });
  const error = await failure(await scene.ringback(`sip:127.0.0.1:${silent.address().port}`), '+15551230000', 40_000);
  assert.equal(error.code, 'trunk_silent');
});

test('a trunk whose name does not exist', async () => {
  const error = await failure(await scene.ringback('sip:no-such-provider.invalid'), '+15551230000', 30_000);
  assert.ok(['trunk_name_unknown', 'trunk_name_timeout'].includes(error.code), error.code);
  assert.equal(error.stage, 'resolve');
});

test('no trunk configured: the answer names the lines of .env that are missing', async () => {
  const error = await failure(scene.add(await Ringback.start()));
  assert.equal(error.code, 'no_trunk');
  assert.equal(error.stage, 'trunk');
  assert.ok(error.answer.status >= 400);
  for (const name of ['SIP_TRUNK_URI', 'SIP_TRUNK_USERNAME', 'SIP_TRUNK_PASSWORD']) assert.match(error.action, new RegExp(name));
});
