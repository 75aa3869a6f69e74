// The ways by which a phone's sound reaches a real livekit-server when the network between lets some of them through only.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { Scene } from '../e2e/harness/scene.js';
import { soundBothWays } from '../e2e/harness/conversation.js';
import { freePorts } from '../e2e/harness/ports.js';
import { eventually, pause } from '../e2e/harness/wait.js';
import { FarNetwork } from './harness/far_network.js';
import { LiveKitServer } from './harness/livekit_server.js';
import { TurnServer } from './harness/turn_server.js';

let network;
const scene = new Scene();
before(() => {
  network = FarNetwork.open();
});
afterEach(async () => {
  await scene.close();
  network.mend();
});
after(() => network.close());

async function start(rtc = {}) {
  return scene.add(await LiveKitServer.start({ rtc }, undefined, network));
}

/** A connected call in which phone and user hear each other. */
async function talking(server, settings = {}) {
  const peer = await scene.peer();
  const call = await scene.callSipp('answer_peer', { peer }, {
    LIVEKIT_URL: server.url,
    BIND_ADDRESS: network.ringback,
    LOG_LEVEL: 'debug',
    ...settings,
  });
  await call.ringback.status(call.placed.callId, 'connected');
  const user = await scene.join({ url: server.url, token: call.placed.token });
  await soundBothWays(user, peer);
  return { ...call, peer, user };
}

/** The ways of the two media connections: "UDP 198.18.0.2:7882". */
function paths({ log }) {
  return log.flatMap(({ message }) => /media goes by (.*)/.exec(message)?.[1] ?? []);
}

test('where UDP works, sound goes by UDP', async () => {
  const server = await start();
  const { ringback } = await talking(server);
  assert.deepEqual(new Set(paths(ringback)), new Set([`UDP ${server.address}:${server.port + 2}`]));
});

test('where UDP is closed, sound goes by TCP within a few seconds', async () => {
  const server = await start();
  network.cutUdp();
  const started = performance.now();
  const { ringback } = await talking(server);
  assert.deepEqual(new Set(paths(ringback)), new Set([`TCP ${server.address}:${server.port + 1}`]));
  const took = performance.now() - started;
  assert.ok(took < 12_000, `it took ${Math.round(took)} ms from the call to the tones`);
});

for (const protocol of ['udp', 'tcp', 'tls']) {
  const name = protocol.toUpperCase();
  test(`where nothing leads to the server, sound goes by TURN, ${name}`, async () => {
    const turn = scene.add(await TurnServer.start(network.user));
    const server = await start({ turn_servers: [turn.entry(protocol)] });
    network.cutUdp();
    network.cutTcp(server.port + 1);
    const { ringback } = await talking(server, { SSL_CERT_FILE: turn.certificate });
    assert.deepEqual(new Set(paths(ringback)), new Set([`relay 1 to ${server.address}:${server.port + 2}`]));
    assert.ok(ringback.log.some(({ message }) => message?.includes(`(${name}) relays as ${network.user}:`)));
  });
}

test('a TURN server that does not answer is passed by', async () => {
  const turn = scene.add(await TurnServer.start(network.user));
  const server = await start({ turn_servers: [{ ...turn.entry('udp'), port: await freePorts(2) }, turn.entry('tls')] });
  network.cutUdp();
  network.cutTcp(server.port + 1);
  const { ringback } = await talking(server, { SSL_CERT_FILE: turn.certificate });
  assert.deepEqual(new Set(paths(ringback)), new Set([`relay 2 to ${server.address}:${server.port + 2}`]));
});

test('UDP is lost in mid-call: the phone stays, and is heard again by TCP', async () => {
  const server = await start();
  const { ringback, placed, peer, user } = await talking(server);
  network.cutUdp();
  await eventually('a path by TCP', 40_000, () => paths(ringback).some((path) => path.startsWith('TCP')));
  await user.hearsAgain('sip-caller', 440);
  peer.heard.clear();
  await peer.heard.tone(1000);
  assert.equal((await ringback.row(placed.callId)).status, 'connected');
});

test('20 s without UDP or TCP for media: the phone stays, and is heard again afterwards', async () => {
  const server = await start();
  const { ringback, placed, peer, user } = await talking(server);
  network.cutUdp();
  network.cutTcp(server.port + 1);
  const packets = peer.packets.length;
  await pause(20_000);
  assert.equal((await ringback.row(placed.callId)).status, 'connected');
  assert.ok(peer.packets.length - packets > 900, 'the phone gets an unbroken stream meanwhile');
  network.mend();
  await eventually('the user to hear the phone', 30_000, () => user.hearsAgain('sip-caller', 440).then(() => true));
  peer.heard.clear();
  await peer.heard.tone(1000);
  await ringback.hangUp(placed.callId);
  await ringback.status(placed.callId, 'ended');
});

after(() => dispose());
