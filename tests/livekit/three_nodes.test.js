// Three ringbacks, each on a machine of its own, with one livekit-server, Redis and MariaDB between them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MariaDb } from '../e2e/harness/database_server.js';
import { DemoPhone } from '../e2e/harness/demo_phone.js';
import { kTerminal, Ringback } from '../e2e/harness/ringback.js';
import { eventually } from '../e2e/harness/wait.js';
import { BusWorld } from './harness/bus.js';
import { Hosts } from './harness/hosts.js';
import { LiveKitServer } from './harness/livekit_server.js';
import { Redis } from './harness/redis.js';

const kNames = ['north', 'east', 'south'];
let world;
let database;
let nodes;

before(async () => {
  const network = Hosts.create();
  world = new BusWorld();
  world.open.push(network);
  world.redis = await world.keep(Redis.startAt(network.address, '--protected-mode', 'no'));
  world.server = await world.keep(LiveKitServer.start({ redis: { address: world.redis.address } }, undefined, network));
  world.phone = await world.keep(DemoPhone.start(['--answer-after', '100'], 120, network.address));
  database = await world.keep(MariaDb.start(network.address));
  const databaseUrl = (await database.makeDatabase('calls')).replace('127.0.0.1', network.address);
  nodes = {};
  for (const name of kNames) {
    const settings = {
      NODE_ID: name,
      API_KEYS: 'key-of-the-tests',
      DATABASE_URL: databaseUrl,
      REDIS_URL: world.redis.url,
      LIVEKIT_URL: world.server.url,
      SIP_TRUNK_URI: world.phone.uri,
      DRAIN_TIMEOUT: '600',
    };
    nodes[name] = await Ringback.start(settings, undefined, { host: network.add() });
    world.open.push({
      close: async () => {
        await nodes[name].program.stop('SIGINT');
        await nodes[name].close();
      },
    });
  }
});
after(() => world?.close());

async function live(name) {
  const { text } = await nodes[name].request('GET', '/metrics');
  return Number(/^ringback_calls_live (\d+)/m.exec(text)[1]);
}

const rooms = [];
/** Calls that the livekit-server asks for, one after the other; they stay. */
async function dialByServer(count) {
  for (let i = 0; i < count; ++i) {
    rooms.push(`room-${rooms.length}`);
    await world.dial('+15551230000', rooms.at(-1), { waitUntilAnswered: true });
  }
}

async function talk(name) {
  const { callId } = await nodes[name].place('+15551230000');
  await nodes[name].status(callId, 'connected');
  return callId;
}

test('calls of the livekit-server are spread over the nodes', async () => {
  await dialByServer(9);
  const shares = await Promise.all(kNames.map(live));
  assert.equal(shares.reduce((sum, share) => sum + share), 9);
  for (const share of shares) assert.ok(share >= 2, `shares ${shares}`);
});

test('every node answers for every call, and hangs it up', async () => {
  const callId = await talk('north');
  for (const name of kNames) assert.deepEqual([(await nodes[name].row(callId)).status, (await nodes[name].row(callId)).node], ['connected', 'north']);
  const ended = world.phone.events.filter(({ event }) => event === 'ended').length;
  const { status, json } = await nodes.south.hangUp(callId);
  assert.deepEqual([status, json.status, json.reason, json.endedBy], [200, 'ended', 'user_hung_up', 'api']);
  await eventually('the phone to be hung up', 5000, () => world.phone.events.filter(({ event }) => event === 'ended').length === ended + 1);
  for (const name of kNames) {
    const again = await nodes[name].hangUp(callId);
    assert.deepEqual([again.status, again.json.status, again.json.reason], [200, 'ended', 'user_hung_up']);
  }
});

test('a node that drains gets no new call, its live ones go on, and it ends with the last', async () => {
  const callId = await talk('north');
  nodes.north.program.signal('SIGTERM');
  await eventually('the node to drain', 5000, async () => (await nodes.north.request('GET', '/readyz')).status === 503);
  const refused = await nodes.north.request('POST', '/api/livekit/call', { callerId: 'test', phoneNumber: '+15551230000' });
  assert.deepEqual([refused.status, refused.json.error.code], [503, 'draining']);

  const [before, east, south] = await Promise.all(kNames.map(live));
  await dialByServer(4);
  assert.deepEqual([await live('north'), (await live('east')) + (await live('south'))], [before, east + south + 4]);
  assert.equal((await nodes.east.row(callId)).status, 'connected');
  await world.phone.event('audio');

  const { json } = await nodes.east.hangUp(callId);
  assert.equal(json.status, 'ended');
  await Promise.all(rooms.splice(0).map((room) => world.server.rooms.deleteRoom(room)));
  const { code } = await nodes.north.program.exited;
  assert.equal(code, 0, nodes.north.program.tail());
  assert.ok(nodes.north.log.some(({ message }) => message === 'drained: no call is live'));
});

test('a node that is killed is missed: its rows are closed as interrupted, and the next calls go to the others', async () => {
  const killed = await talk('east');
  const stays = await talk('south');
  await nodes.east.program.stop('SIGKILL');
  const at = performance.now();
  const silent = await nodes.south.hangUp(killed);
  assert.deepEqual([silent.status, silent.json.error.code], [504, 'node_silent']);
  const row = await eventually('the row to be closed', 30_000, async () => {
    const now = await nodes.south.row(killed);
    return kTerminal.includes(now.status) && now;
  });
  assert.ok(performance.now() - at < 30_000, 'within 30 s');
  assert.deepEqual([row.status, row.reason, row.node], ['ended', 'interrupted', 'east']);
  assert.equal((await nodes.south.row(stays)).status, 'connected');
  assert.deepEqual(database.rows("SELECT id FROM calls WHERE ended_by = 'interrupted'", 'calls'), [[killed]]);
  await dialByServer(2);
  assert.equal(await live('south'), 3);
});
