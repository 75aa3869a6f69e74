// Each way in which a call fails ends in the right row with a cause, a stage and an action.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { afterEach, test } from 'node:test';
import { freePorts } from './harness/ports.js';
import { Ringback } from './harness/ringback.js';
import { SippPhone } from './harness/sipp.js';

const open = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function start(settings) {
  const ringback = await Ringback.start(settings);
  open.push(ringback);
  return ringback;
}

/** Places a call that fails sooner or later, and gives the error object, from the answer or from the row. */
async function failure(ringback, number = '+15551230000', timeout = 10_000) {
  const answer = await ringback.request('POST', '/api/livekit/call', { callerId: 'test', phoneNumber: number });
  let id = answer.json.callId;
  if (answer.status !== 200) {
    assert.ok(answer.status >= 400, `status ${answer.status}`);
    id = answer.json.error.callId;
    checkError(answer.json.error);
  }
  const row = await ringback.status(id, 'failed', timeout);
  checkError(row.error);
  assert.ok(row.endedAt, 'the row says when it ended');
  assert.equal(row.reason, row.error.code);
  return { ...row.error, answer, row };
}

function checkError(error) {
  for (const name of ['code', 'message', 'stage', 'action']) {
    assert.equal(typeof error[name], 'string', `error.${name}`);
    assert.ok(error[name].length > 0, `error.${name} says something`);
  }
}

async function refusedBy(scenario, settings = {}, options = {}) {
  const phone = await SippPhone.start(scenario, options);
  open.push(phone);
  const error = await failure(await start({ SIP_TRUNK_URI: phone.uri, ...settings }));
  await phone.finished();
  return error;
}

test('busy', async () => {
  const error = await refusedBy('busy');
  assert.equal(error.code, 'busy');
  assert.equal(error.sipStatus, 486);
});

test('declined', async () => {
  const error = await refusedBy('declined');
  assert.equal(error.code, 'declined');
  assert.equal(error.sipStatus, 603);
});

test('number not found', async () => {
  const error = await refusedBy('not_found');
  assert.equal(error.code, 'number_not_found');
  assert.equal(error.sipStatus, 404);
});

test("forbidden, with the provider's own words", async () => {
  const error = await refusedBy('forbidden');
  assert.equal(error.code, 'forbidden');
  assert.match(JSON.stringify(error), /Caller ID not verified/);
});

test('provider overloaded', async () => {
  const error = await refusedBy('overloaded');
  assert.equal(error.code, 'provider_overloaded');
});

test('no answer: the call is cancelled when it has rung long enough', async () => {
  const error = await refusedBy('no_answer', { RINGING_TIMEOUT: '2' });
  assert.equal(error.code, 'no_answer');
  assert.equal(error.stage, 'ringing');
});

test('wrong password', async () => {
  const error = await refusedBy('auth_refused', { SIP_TRUNK_USERNAME: 'dialer', SIP_TRUNK_PASSWORD: 'wrong horse' });
  assert.equal(error.code, 'credentials_refused');
  assert.equal(error.stage, 'auth');
  assert.ok(!JSON.stringify(error.row).includes('horse'), 'no password in the row');
});

test('no password configured although the provider asks for one', async () => {
  const phone = await SippPhone.start('auth_md5');
  open.push(phone);
  const error = await failure(await start({ SIP_TRUNK_URI: phone.uri }));
  assert.equal(error.code, 'credentials_missing');
  assert.match(error.action, /SIP_TRUNK_USERNAME/);
});

test('unreachable trunk: nobody listens at its port', async () => {
  const port = await freePorts(2);
  const error = await failure(await start({ SIP_TRUNK_URI: `sip:127.0.0.1:${port};transport=tcp` }));
  assert.equal(error.code, 'trunk_unreachable');
});

test('unreachable trunk: nobody listens at its UDP port', async () => {
  const port = await freePorts(2);
  const error = await failure(await start({ SIP_TRUNK_URI: `sip:127.0.0.1:${port}` }), '+15551230000', 40_000);
  assert.ok(['trunk_unreachable', 'trunk_silent'].includes(error.code), error.code);
});

test('a trunk that never answers', async () => {
  const silent = dgram.createSocket('udp4');
  await new Promise((resolve) => silent.bind(0, '127.0.0.1', resolve));
  open.push({ close: () => silent.close() });
  const error = await failure(await start({ SIP_TRUNK_URI: `sip:127.0.0.1:${silent.address().port}` }), '+15551230000', 40_000);
  assert.equal(error.code, 'trunk_silent');
});

test('a trunk whose name does not exist', async () => {
  const error = await failure(await start({ SIP_TRUNK_URI: 'sip:no-such-provider.invalid' }), '+15551230000', 30_000);
  assert.ok(['trunk_name_unknown', 'trunk_name_timeout'].includes(error.code), error.code);
  assert.equal(error.stage, 'resolve');
});

test('no trunk configured: the answer names the lines of .env that are missing', async () => {
  const error = await failure(await start({}));
  assert.equal(error.code, 'no_trunk');
  assert.equal(error.stage, 'trunk');
  assert.ok(error.answer.status >= 400);
  for (const name of ['SIP_TRUNK_URI', 'SIP_TRUNK_USERNAME', 'SIP_TRUNK_PASSWORD']) assert.match(error.action, new RegExp(name));
});
