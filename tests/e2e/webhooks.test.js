// The embedded room server tells its events as LiveKit's webhooks, which LiveKit's own receiver accepts.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, afterEach, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { WebhookReceiver } from 'livekit-server-sdk';
import { DemoPhone } from './harness/demo_phone.js';
import { kApiKey, kApiSecret, Ringback } from './harness/ringback.js';
import { RoomMember } from './harness/room_member.js';
import { eventually } from './harness/wait.js';

const open = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});
after(() => dispose());

/** Collects verified events; `status` is asked for each request's answer. */
async function receiver(status = () => 200) {
  const verifier = new WebhookReceiver(kApiKey, kApiSecret);
  const events = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const event = await verifier.receive(body, request.headers.authorization);
    events.push(event);
    response.writeHead(status(event)).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return { events, url: `http://127.0.0.1:${server.address().port}/hook` };
}

test('a call is told from the first event of its room to the last', async () => {
  const { events, url } = await receiver();
  const phone = await DemoPhone.start(['--answer-after', '200']);
  open.push(phone);
  const ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, WEBHOOK_URLS: url });
  open.push(ringback);
  const call = await ringback.place('+15551230000');
  const user = await RoomMember.join(call.url, call.token);
  open.push({ close: () => user.leave() });
  await user.playTone(440);
  await ringback.status(call.callId, 'connected');
  const told = (name, identity) =>
    eventually(`${name} of ${identity}`, 10_000, () =>
      events.find((event) => event.event === name && event.participant?.identity === identity),
    );
  const joined = await told('participant_joined', 'sip-caller');
  assert.equal(joined.participant.kind, 3, 'kind SIP');
  assert.equal(joined.room.name, call.roomName);
  assert.equal((await told('track_published', 'test')).track.source, 2, 'a microphone');
  await ringback.hangUp(call.callId);
  assert.ok((await told('participant_left', 'sip-caller')).participant.attributes['sip.callID']);
  await ringback.rooms.deleteRoom(call.roomName);
  await eventually('room_finished', 10_000, () => events.find((event) => event.event === 'room_finished'));

  const of = (identity) => events.filter((event) => event.participant?.identity === identity).map((event) => event.event);
  assert.deepEqual(of('sip-caller'), ['participant_joined', 'track_published', 'track_unpublished', 'participant_left']);
  assert.deepEqual(of('test'), ['participant_joined', 'track_published', 'track_unpublished', 'participant_left']);
  assert.equal(events[0].event, 'room_started');
  assert.equal(events.at(-1).event, 'room_finished');
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length, 'each event has an id of its own');
});

test('a receiver that fails at first gets the same event again, in order', async () => {
  let failures = 1;
  const { events, url } = await receiver(() => (failures-- > 0 ? 500 : 200));
  const ringback = await Ringback.start({ WEBHOOK_URLS: url });
  open.push(ringback);
  await ringback.rooms.createRoom({ name: 'told-twice' });
  await ringback.rooms.deleteRoom('told-twice');
  await eventually('room_finished', 10_000, () => events.find((event) => event.event === 'room_finished'));
  assert.deepEqual(events.map(({ event }) => event), ['room_started', 'room_started', 'room_finished']);
  assert.equal(events[0].id, events[1].id);
});
