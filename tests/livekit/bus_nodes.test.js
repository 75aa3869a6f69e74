// Several ringbacks on the bus of one livekit-server, and a Redis that comes and goes.
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { run } from '../e2e/harness/program.js';
import { Ringback } from '../e2e/harness/ringback.js';
import { eventually } from '../e2e/harness/wait.js';
import { BusWorld, failureOf, kCaller } from './harness/bus.js';
import { BusCaller, text } from './harness/bus_caller.js';
import { fields } from './harness/bus_listener.js';
import { kOldLiveKitBinary } from './harness/livekit_server.js';

let world;
afterEach(() => world?.close());

async function metric(ringback, name) {
  const { text } = await ringback.request('GET', '/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}

const served = (ringback) => metric(ringback, 'ringback_bus_requests_total{outcome="served"}');
const live = (ringback) => metric(ringback, 'ringback_calls_live');

/** So many calls one after the other, each into a room of its own; they stay. */
async function dialMany(count, from = 0) {
  for (let i = from; i < from + count; ++i) await world.dial('+15551230000', `room-${i}`, { waitUntilAnswered: true });
}

for (const [name, binary] of [
  ['the newest server', undefined],
  ['the oldest server', kOldLiveKitBinary],
]) {
  test(`${name}: two nodes serve each call once, and share what comes`, async () => {
    world = await BusWorld.start({ binary, phone: ['--answer-after', '100'] });
    const nodes = [await world.ringback(), await world.ringback()];
    await dialMany(8);
    assert.equal(world.phone.events.filter((event) => event.event === 'answered').length, 8, 'no phone rings twice');
    const shares = await Promise.all(nodes.map(live));
    assert.deepEqual(shares, [4, 4]);
    const all = await Promise.all(nodes.map(served));
    assert.equal(all[0] + all[1], 8);
  });

  test(`${name}: a full node is passed over, and a call is refused only when every node is full`, async () => {
    world = await BusWorld.start({ binary, phone: ['--answer-after', '100'] });
    const small = await world.ringback({ MAX_CALLS: '1' });
    const large = await world.ringback({ MAX_CALLS: '3' });
    await dialMany(4);
    assert.equal(await live(small), 1);
    assert.equal(await live(large), 3);
    const error = await failureOf(world.dial('+15551230000', 'room-x', { waitUntilAnswered: true }));
    assert.equal(error.code, 'unavailable');
    assert.match(error.message, /no response from servers/);
    // The first call goes to either of the two idle nodes, the second to the other one.
    assert.ok([3, 4].includes(await metric(small, 'ringback_bus_requests_total{outcome="passed_full"}')));
    assert.equal(await metric(large, 'ringback_bus_requests_total{outcome="passed_full"}'), 1);
    await world.server.rooms.deleteRoom('room-0');
    await eventually('room for a call', 5000, async () => (await live(small)) + (await live(large)) === 3);
    await dialMany(1, 4);
  });
}

test('callers of the queue form (livekit-server from 1.10 on) get one claim, and the lock is theirs to see', async () => {
  world = await BusWorld.start({ phone: ['--answer-after', '100'] });
  await world.ringback();
  await world.ringback();
  const caller = await world.keep(BusCaller.start(world.redis.port));
  for (let i = 0; i < 6; ++i) {
    const id = `REQ_queue${i}`;
    const call = [text(2, world.phone.uri.replace(/^sip:/, '')), text(3, kCaller), text(4, '+15551230000'), text(7, `room-${i}`), text(8, 'phone'), text(13, `SCL_queue${i}`)];
    const key = caller.request(id, Buffer.concat(call));
    const response = await eventually('the response', 5000, () => caller.response(id));
    assert.equal(response.get(6), undefined, 'no error');
    const answer = fields(response.get(7));
    assert.match(answer.get(1).toString(), /^PA_/);
    assert.equal(answer.get(2).toString(), 'phone');
    assert.equal(answer.get(3).toString(), `SCL_queue${i}`);
    assert.equal((await run('redis-cli', ['-p', String(world.redis.port), 'ttl', key])).trim() > 0, true, 'the lock is in Redis');
  }
  assert.equal(caller.claims.length, 6, 'one claim for each');
  const malformed = 'REQ_malformed';
  caller.request(malformed, Buffer.from([0xff]));
  const refused = await eventually('the refusal', 5000, () => caller.response(malformed));
  assert.equal(refused.get(6).toString(), 'malformed_request');
});

test('a node that ends is missed by nobody', async () => {
  world = await BusWorld.start({ phone: ['--answer-after', '100'] });
  const first = await world.ringback();
  const second = await world.ringback();
  await dialMany(2);
  await first.stop();
  await dialMany(2, 2);
  assert.equal(await live(second), 3);
});

test('Redis restarts in mid-call: the call goes on, and new ones come as soon as it is back', async () => {
  world = await BusWorld.start({ phone: ['--answer-after', '100'] });
  const ringback = await world.ringback();
  const user = await world.join('room-a');
  await user.playTone(1000);
  await world.dial('+15551230000', 'room-a', { waitUntilAnswered: true });
  await world.phone.hears(1000);

  await world.redis.kill();
  await eventually('the lost bus to be seen', 5000, async () => (await ringback.request('GET', '/readyz')).status === 503);
  const { json } = await ringback.request('GET', '/readyz');
  assert.match(json.problems.join(), /the bus of the LiveKit server cannot be reached \(127\.0\.0\.1:\d+: /);
  assert.equal(await metric(ringback, 'ringback_bus_up'), 0);
  await world.phone.hears(1000);
  await world.redis.run();
  await eventually('the bus to be back', 10_000, async () => (await ringback.request('GET', '/readyz')).status === 200);
  await world.phone.hears(1000);
  assert.equal(await live(ringback), 1);

  // The trunk was in the Redis that forgot everything.
  world.trunkId = await eventually('the server to be on the bus again', 10_000, () => world.trunk().catch(() => undefined));
  await eventually('a call to be served', 10_000, () => world.dial('+15551230000', 'room-b', { waitUntilAnswered: true }).catch(() => undefined));
  assert.equal(await live(ringback), 2);
  const lines = ringback.log.filter((line) => line.subject === 'bus').map((line) => line.message);
  assert.deepEqual(lines.map((line) => line.split(':')[0]), ['on the bus', 'the bus is lost', 'the bus is back']);
});

test('Redis is not there yet when ringback starts', async () => {
  world = await BusWorld.start({ phone: ['--answer-after', '100'] });
  await world.redis.kill();
  const starting = Ringback.start({ REDIS_URL: world.redis.url, LIVEKIT_URL: world.server.url });
  // Ready only with the bus: so the start is waited for after Redis has come.
  await world.redis.run();
  const ringback = await world.keep(starting);
  world.trunkId = await eventually('the server to be on the bus again', 10_000, () => world.trunk().catch(() => undefined));
  await eventually('a call to be served', 10_000, () => world.dial('+15551230000', 'room-b', { waitUntilAnswered: true }).catch(() => undefined));
  assert.equal(await live(ringback), 1);
});

after(() => dispose());
