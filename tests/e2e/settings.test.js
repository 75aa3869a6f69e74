// Where settings come from: `.env` in the working folder, a YAML file, flags; and the two forms of the log.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DemoPhone } from './harness/demo_phone.js';
import { failure } from './harness/failure.js';
import { run } from './harness/program.js';
import { kBinary, Ringback } from './harness/ringback.js';

let phone;
const folders = [];

before(async () => {
  phone = await DemoPhone.start(['--answer-after', '100']);
});
after(async () => {
  await phone?.close();
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

/** A working folder with these files. */
function folderWith(files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringback-settings-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  return folder;
}

async function callFrom(ringback, caller) {
  const placed = await ringback.place('+15551230000');
  await ringback.status(placed.callId, 'connected');
  await phone.event('incoming', ({ from }) => from.includes(caller));
  await ringback.hangUp(placed.callId);
  await ringback.status(placed.callId, 'ended');
  return ringback.row(placed.callId);
}

test('a trunk in .env is dialled; the environment stands above it, flags above both', async () => {
  const folder = folderWith({
    '.env': `SIP_TRUNK_URI=${phone.uri}\nexport SIP_TRUNK_NUMBER="+15550001001" # ours\nLOG_FORMAT=text\nSIP_TRUNK_PASWORD=x\n`,
  });
  const plain = await Ringback.start({}, folder);
  await callFrom(plain, '15550001001');
  assert.match(plain.program.lines.join('\n'), /SIP_TRUNK_PASWORD is not a setting of ringback; did you mean SIP_TRUNK_PASSWORD/);
  await plain.stop();
  const env = await Ringback.start({ SIP_TRUNK_NUMBER: '+15550001002' }, folder);
  await callFrom(env, '15550001002');
  await env.stop();
  const flag = await Ringback.start({ SIP_TRUNK_NUMBER: '+15550001002' }, folder, { args: ['--sip-trunk-number', '+15550001003'] });
  await callFrom(flag, '15550001003');
  await flag.close();
});

test('the documented block of sip_trunks is dialled, its number with the + that YAML takes for a sign', async () => {
  const block = `sip_trunks:
  - id: my-twilio-trunk
    name: Twilio SIP Trunk
    outbound_address: ${phone.uri.replace('sip:', '')}
    outbound_number: +1234567890
    auth_username: your_username
    auth_password: your_password
`;
  const folder = folderWith({ 'ringback.yaml': block });
  const ringback = await Ringback.start({}, folder, { args: ['--config', 'ringback.yaml'] });
  const row = await callFrom(ringback, '+1234567890');
  assert.equal(row.trunkId, 'my-twilio-trunk');
  await ringback.close();
});

test('--help tells each setting with its source, and no secret', async () => {
  const folder = folderWith({ '.env': 'SIP_TRUNK_PASSWORD=correct-horse\nDEFAULT_REGION=DE\n' });
  const text = await run(kBinary, ['serve', '--help', '--port', '5999'], { cwd: folder, env: { PATH: process.env.PATH, WORKERS: '3' } });
  assert.match(text, /DEFAULT_REGION +DE +\.env /);
  assert.match(text, /WORKERS +3 +environment /);
  assert.match(text, /SIP_TRUNK_PASSWORD +\(set\) +\.env /);
  assert.match(text, /SIP_PORT +5060 +default /);
  assert.ok(!text.includes('horse'));
});

for (const format of ['text', 'json']) {
  test(`--log-format ${format}: one event, one line, SIP errors with code and reason`, async () => {
    const ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri }, undefined, { args: ['--log-format', format] });
    const { row } = await failure(ringback, '+15551230013');
    await ringback.stop();
    const lines = ringback.program.lines.filter((line) => line.includes(row.id));
    if (format === 'json') {
      const parsed = lines.map((line) => JSON.parse(line));
      assert.ok(parsed.every(({ time, level, subject, id, message }) => Date.parse(time) > 0 && level && subject && id && message));
      assert.ok(parsed.some(({ level, message }) => level === 'warning' && /403/.test(message)), lines.join('\n'));
    } else {
      const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\S+ (debug|info|warn|error) +\w+ +\[SCL_\w+\] \S/;
      for (const line of lines) assert.match(line, form);
      assert.ok(lines.some((line) => / warn /.test(line) && /403 Forbidden/.test(line)), lines.join('\n'));
    }
    await ringback.close();
  });
}
