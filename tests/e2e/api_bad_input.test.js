// Whatever a client sends, it gets a 4xx with the error object, and the dialer lives on.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { DemoPhone } from './harness/demo_phone.js';
import { Ringback } from './harness/ringback.js';
import { freePorts } from './harness/ports.js';
import { Program } from './harness/program.js';
import { kBinary } from './harness/ringback.js';

let phone;
let ringback;

before(async () => {
  phone = await DemoPhone.start();
  ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri });
});
after(async () => {
  await ringback?.close();
  await phone?.close();
});

function assertError(answer, status) {
  if (status === undefined) assert.ok(answer.status >= 400 && answer.status < 500, `status ${answer.status}: ${answer.text}`);
  else assert.equal(answer.status, status, answer.text);
  assert.equal(typeof answer.json?.error?.code, 'string', answer.text);
  assert.ok(answer.json.error.message.length > 0);
}

const kGood = { callerId: 'test', phoneNumber: '+15551230000' };
const bodies = {
  'an empty body': '',
  'no JSON': 'hello',
  'JSON cut off': '{"callerId": "test", "phoneNumber":',
  'a list': [],
  'a number': '42',
  'null': 'null',
  'no callerId': { phoneNumber: '+15551230000' },
  'no phoneNumber': { callerId: 'test' },
  'callerId of a wrong type': { ...kGood, callerId: 5 },
  'phoneNumber of a wrong type': { ...kGood, phoneNumber: 15551230000 },
  'callerName of a wrong type': { ...kGood, callerName: ['x'] },
  'an empty callerId': { ...kGood, callerId: '' },
  'an empty phoneNumber': { ...kGood, phoneNumber: '' },
  'a number that is none': { ...kGood, phoneNumber: 'call me maybe' },
  'a number with a header in it': { ...kGood, phoneNumber: '+15551230000\r\nX-Evil: 1' },
  'a SIP URI': { ...kGood, phoneNumber: 'sip:alice@example.com' },
  'too many digits': { ...kGood, phoneNumber: '+1234567890123456789' },
  'a million brackets': '['.repeat(60_000),
  'a callerId of 10,000 characters': { ...kGood, callerId: 'x'.repeat(10_000) },
};
for (const [what, body] of Object.entries(bodies)) {
  test(`refuses ${what}`, async () => assertError(await ringback.request('POST', '/api/livekit/call', body)));
}

test('refuses a body of 2 MB', async () => {
  const answer = await ringback.request('POST', '/api/livekit/call', { ...kGood, callerName: 'x'.repeat(2 * 1024 * 1024) }).catch(() => undefined);
  // A server may close before it has read all; a client that saw the answer must have got the error object.
  if (answer !== undefined) assertError(answer, 413);
});

test('refuses bytes that are no UTF-8', async () => {
  const body = Buffer.concat([Buffer.from('{"callerId": "'), Buffer.from([0xff, 0xfe]), Buffer.from('", "phoneNumber": "+15551230000"}')]);
  const response = await fetch(`${ringback.url}/api/livekit/call`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  assertError({ status: response.status, text: '', json: await response.json() });
});

test('accepts what people type', async () => {
  for (const phoneNumber of ['+1 (555) 123-0001', '+1.555.123.0001', '555-123-0001', '+1234567890']) {
    const placed = await ringback.place(phoneNumber);
    assert.ok((await ringback.row(placed.callId)).phoneNumber.startsWith('+1'), phoneNumber);
    await ringback.hangUp(placed.callId);
  }
});

test('a number that its plan calls impossible is dialled with a warning, or refused when the plan is asked', async () => {
  const placed = await ringback.place('+1234567890');
  assert.match(placed.warning, /too short/);
  assert.equal((await ringback.row(placed.callId)).warning, placed.warning);
  await ringback.hangUp(placed.callId);
  assert.equal((await ringback.place('+12125550123')).warning, undefined);

  const strict = await Ringback.start({ SIP_TRUNK_URI: phone.uri, NUMBER_CHECK: 'plan' });
  try {
    const answer = await strict.request('POST', '/api/livekit/call', { ...kGood, phoneNumber: '+1234567890' });
    assertError(answer, 400);
    assert.equal(answer.json.error.code, 'impossible_number');
    await strict.place('+12125550123');
  } finally {
    await strict.close();
  }
});

test('room names hold safe characters only', async () => {
  const placed = await ringback.place('+15551230002', { callerId: 'crm dialer/\u00fcser"<x>' });
  assert.match(placed.roomName, /^call_[A-Za-z0-9-]+_15551230002_\d{13}(-\d+)?$/);
  await ringback.hangUp(placed.callId);
});

test('unknown calls, paths and methods', async () => {
  assertError(await ringback.request('GET', '/api/livekit/calls/no-such-call'), 404);
  assertError(await ringback.request('DELETE', '/api/livekit/calls/no-such-call'), 404);
  assert.equal((await ringback.request('GET', '/api/livekit/nothing')).status, 404);
  assert.equal((await ringback.request('PUT', '/api/livekit/call', kGood)).status, 405);
  assertError(await ringback.request('GET', '/api/livekit/calls?status=asleep'));
  assertError(await ringback.request('GET', '/api/livekit/calls?limit=many'));
  assertError(await ringback.request('GET', '/api/livekit/calls?cursor=%00%01'));
});

test('no path leads out of the folder of the page', async () => {
  for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd', '//etc/passwd']) {
    const text = await rawGet(path);
    assert.ok(!text.includes('root:'), path);
    assert.match(text, /^HTTP\/1\.1 (400|404)/, path);
  }
});

function rawGet(path) {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(ringback.port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', (data) => (text += data));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

test('other origins are not allowed, localhost is', async () => {
  const foreign = await ringback.request('OPTIONS', '/api/livekit/call', undefined, {
    Origin: 'https://evil.example',
    'Access-Control-Request-Method': 'POST',
  });
  assert.equal(foreign.headers.get('access-control-allow-origin'), null);
  const local = await ringback.request('OPTIONS', '/api/livekit/call', undefined, {
    Origin: 'http://localhost:3000',
    'Access-Control-Request-Method': 'POST',
  });
  assert.equal(local.headers.get('access-control-allow-origin'), 'http://localhost:3000');
});

test('API keys are asked for when they are set', async () => {
  const guarded = await Ringback.start({ SIP_TRUNK_URI: phone.uri, API_KEYS: 'first-key,second-key' });
  try {
    assertError(await guarded.request('POST', '/api/livekit/call', kGood), 401);
    assertError(await guarded.request('POST', '/api/livekit/call', kGood, { Authorization: 'Bearer wrong' }), 401);
    const answer = await guarded.request('POST', '/api/livekit/call', kGood, { Authorization: 'Bearer second-key' });
    assert.equal(answer.status, 200);
    assertError(await guarded.request('GET', `/api/livekit/calls/${answer.json.callId}`), 401);
  } finally {
    await guarded.close();
  }
});

test('listening beyond loopback without API keys is refused with the reason', async () => {
  const port = await freePorts(2);
  const env = { PATH: process.env.PATH, HTTP_BIND: '0.0.0.0', PORT: String(port), DATA_DIR: ringback.dataDir };
  const program = new Program('ringback', kBinary, ['serve'], { env, cwd: ringback.dataDir });
  const timer = setTimeout(() => program.signal('SIGKILL'), 10_000);
  const { code } = await program.exited;
  clearTimeout(timer);
  assert.ok(code > 0, `exit code ${code}`);
  assert.match(program.tail(), /API_KEYS/);
});
