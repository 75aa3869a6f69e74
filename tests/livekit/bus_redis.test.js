// The bus on every kind of Redis that livekit-server takes, and ringback started with livekit-sip's own configuration.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { kApiKey, kApiSecret, kBinary, Ringback } from '../e2e/harness/ringback.js';
import { Program } from '../e2e/harness/program.js';
import { eventually } from '../e2e/harness/wait.js';
import { BusWorld } from './harness/bus.js';
import { ClusterRedis, SecureRedis, SentinelRedis } from './harness/redis_kinds.js';

const kQuick = ['--answer-after', '100'];
let world;
let redis;
afterEach(async () => {
  await world?.close();
  await redis?.close();
  world = redis = undefined;
});

test('TLS with client certificates, and a user of an access list', async () => {
  redis = await SecureRedis.start();
  world = await BusWorld.start({ redis, phone: kQuick });
  const ringback = await world.ringback();
  await world.dial('+15551230000', 'room-a', { waitUntilAnswered: true });
  assert.equal((await world.participant('room-a')).attributes['sip.callStatus'], 'active');
  assert.ok(!JSON.stringify(ringback.log).includes(redis.password), 'no password in the log');
});

test('a Redis that does not let us in is named with its reason', async () => {
  redis = await SecureRedis.start();
  world = await BusWorld.start({ redis, phone: kQuick });
  for (const [url, reason] of [
    [redis.urlWith({ password: 'wrong' }), /the login is refused: WRONGPASS/],
    [redis.urlWith({ ca_file: '' }), /not by an authority that this machine trusts/],
    [redis.urlWith({ server_name: 'other.example.com' }), /the certificate of other\.example\.com is for another name/],
  ]) {
    const ringback = await world.keep(Ringback.start({ REDIS_URL: url, LIVEKIT_URL: world.server.url }, undefined, { ready: false }));
    const problems = await eventually('the problem', 10_000, async () => {
      const { json } = await ringback.request('GET', '/readyz');
      return json.problems.some((line) => /127\.0\.0\.1/.test(line)) ? json.problems : undefined;
    });
    assert.match(problems.join(), reason);
    assert.ok(ringback.log.some((line) => line.level === 'error' && reason.test(line.message)));
  }
});

test('sentinels: the bus follows the master to where it goes', async () => {
  redis = await SentinelRedis.start();
  world = await BusWorld.start({ redis, phone: kQuick });
  const ringback = await world.ringback();
  const user = await world.join('room-a');
  await user.playTone(1000);
  await world.dial('+15551230000', 'room-a', { waitUntilAnswered: true });
  await redis.failOver();
  await eventually('the bus to be back', 20_000, async () => (await ringback.request('GET', '/readyz')).status === 200);
  await world.phone.hears(1000);
  await eventually('a call to be served', 20_000, () => world.dial('+15551230000', 'room-b', { waitUntilAnswered: true }).catch(() => undefined));
  assert.equal((await world.participant('room-b')).attributes['sip.callStatus'], 'active');
});

test('a cluster: one of two nodes serves each call', async () => {
  redis = await ClusterRedis.start();
  world = await BusWorld.start({ redis, phone: kQuick });
  const nodes = [await world.ringback(), await world.ringback()];
  for (let i = 0; i < 6; ++i) await world.dial('+15551230000', `room-${i}`, { waitUntilAnswered: true });
  assert.equal(world.phone.events.filter((event) => event.event === 'answered').length, 6, 'no phone rings twice');
  const lives = await Promise.all(
    nodes.map(async (node) => Number(/^ringback_calls_live (\d+)/m.exec((await node.request('GET', '/metrics')).text)[1])),
  );
  assert.deepEqual(lives, [3, 3]);
});

test("livekit-sip's configuration is taken as it is", async () => {
  redis = await SecureRedis.start();
  world = await BusWorld.start({ redis, phone: kQuick });
  const config = {
    api_key: kApiKey,
    api_secret: kApiSecret,
    ws_url: world.server.url,
    redis: redis.serverConfig,
    health_port: 8080,
    max_active_calls: 7,
    hide_inbound_port: true,
    loging: { level: 'debug' },
  };
  // JSON is YAML.
  const unset = { LIVEKIT_API_KEY: undefined, LIVEKIT_API_SECRET: undefined };
  const ringback = await world.keep(Ringback.start({ ...unset, SIP_CONFIG_BODY: JSON.stringify(config, undefined, 1) }));
  await world.dial('+15551230000', 'room-a', { waitUntilAnswered: true });
  const warnings = ringback.log.filter((line) => line.level === 'warning').map((line) => line.message);
  assert.ok(warnings.some((line) => /SIP_CONFIG_BODY: line \d+: health_port is not honoured/.test(line)), warnings.join('\n'));
  assert.ok(warnings.some((line) => /unknown key "loging"; did you mean "logging"\?/.test(line)), warnings.join('\n'));

  const file = path.join(ringback.dataDir, 'sip.yaml');
  fs.writeFileSync(file, JSON.stringify({ ...config, use_external_ip: true }));
  const refused = new Program('ringback', kBinary, ['serve', '--livekit-sip-config', file], { cwd: ringback.dataDir, env: { PATH: process.env.PATH } });
  assert.equal((await refused.exited).code, 1);
  assert.match(refused.tail(), /use_external_ip.*PUBLIC_ADDRESS/);
});

after(() => dispose());
