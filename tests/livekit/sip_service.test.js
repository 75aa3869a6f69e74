// The dialer with somebody else's rooms and somebody else's SIP service (LIVEKIT_URL and LIVEKIT_SIP_URL).
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import {
  CreateSIPOutboundTrunkRequest,
  CreateSIPParticipantRequest,
  SIPOutboundTrunkInfo,
  SIPParticipantInfo,
} from '@livekit/protocol';
import { Database } from '../e2e/harness/database.js';
import { DemoPhone } from '../e2e/harness/demo_phone.js';
import { freePorts } from '../e2e/harness/ports.js';
import { kApiKey, kApiSecret, Ringback } from '../e2e/harness/ringback.js';
import { RoomMember } from '../e2e/harness/room_member.js';
import { eventually } from '../e2e/harness/wait.js';
import { LiveKitServer } from './harness/livekit_server.js';
import { Redis } from './harness/redis.js';
import { SipServiceStandIn } from './harness/sip_service.js';

const kDecode = {
  CreateSIPOutboundTrunk: { request: CreateSIPOutboundTrunkRequest, response: SIPOutboundTrunkInfo },
  CreateSIPParticipant: { request: CreateSIPParticipantRequest, response: SIPParticipantInfo },
};
const kTrunk = { SIP_TRUNK_URI: 'sip:sip.example.com', SIP_TRUNK_NUMBER: '+15550001000', SIP_TRUNK_USERNAME: 'me', SIP_TRUNK_PASSWORD: 'trunk-password' };

const open = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});
after(() => dispose());

async function keep(promise) {
  const thing = await promise;
  open.push(thing);
  return thing;
}

/** A real livekit-server whose webhooks come to a ringback that uses the SIP service at `sipUrl`. */
async function realRooms(settings = {}) {
  const port = await freePorts(2);
  const livekit = await keep(LiveKitServer.start({ webhook: { api_key: kApiKey, urls: [`http://127.0.0.1:${port}/api/livekit/webhook`] } }));
  const sip = await keep(SipServiceStandIn.start(livekit.url, kDecode));
  const ringback = await keep(Ringback.start({ PORT: String(port), LIVEKIT_URL: livekit.url, LIVEKIT_SIP_URL: sip.url, ...kTrunk, ...settings }));
  return { livekit, sip, ringback };
}

/** POST /api/livekit/call, and the request that the SIP service got for it. */
async function placed({ ringback, sip }) {
  const call = await ringback.place('+15551230000');
  const dialled = await eventually('the SIP service to dial', 5000, () => sip.waiting.find(({ body }) => body.roomName === call.roomName));
  return { call, dialled };
}

async function failure(ringback) {
  const answer = await ringback.request('POST', '/api/livekit/call', { callerId: 'test', phoneNumber: '+15551230000' });
  assert.ok(answer.status >= 400, `status ${answer.status}: ${answer.text}`);
  const { error } = answer.json;
  for (const name of ['code', 'message', 'stage', 'action']) assert.ok(error[name], `error.${name} says something`);
  assert.equal((await ringback.status(error.callId, 'failed')).reason, error.code);
  return error;
}

test('a call goes through the seed flow, and its row follows the phone', async () => {
  const peers = await realRooms();
  const { call, dialled } = await placed(peers);
  assert.equal(call.url, peers.livekit.url);
  assert.equal(dialled.body.sipTrunkId, 'ST_made1');
  assert.equal(dialled.body.sipCallTo, '+15551230000');
  assert.equal(dialled.body.participantIdentity, 'sip-caller');
  assert.equal(dialled.body.participantName, 'Phone Call');
  assert.equal(dialled.body.playDialtone, true);
  const user = await RoomMember.join(call.url, call.token);
  open.push({ close: () => user.leave() });

  await dialled.phone.localParticipant.setAttributes({ 'sip.callStatus': 'ringing' });
  await peers.ringback.status(call.callId, 'ringing');
  await dialled.answer();
  const row = await peers.ringback.status(call.callId, 'connected');
  assert.equal(row.trunkId, 'ST_made1');
  assert.equal(row.sipCallId, 'SCL_x');
  await eventually('a webhook', 5000, () => peers.ringback.log.some((line) => /webhooks arrive/.test(line.message ?? line.text)));

  await dialled.phone.disconnect();
  // Only a webhook tells it so soon: where webhooks come, the room is asked every 15 s.
  const ended = await peers.ringback.status(call.callId, 'ended', 5000);
  assert.equal(ended.reason, 'phone_hung_up');
  assert.equal(ended.endedBy, 'phone');
});

test('hanging up removes the phone from the room', async () => {
  const peers = await realRooms();
  const { call, dialled } = await placed(peers);
  await dialled.answer();
  await peers.ringback.status(call.callId, 'connected');
  const answer = await peers.ringback.hangUp(call.callId);
  assert.equal(answer.status, 200);
  assert.equal(answer.json.status, 'ended');
  assert.equal(answer.json.reason, 'user_hung_up');
  const left = await peers.livekit.rooms.listParticipants(call.roomName);
  assert.deepEqual(left.map(({ identity }) => identity), []);
});

test('a phone that everybody else has left alone is hung up', async () => {
  const peers = await realRooms({ EMPTY_ROOM_TIMEOUT: '1' });
  const { call, dialled } = await placed(peers);
  await dialled.answer();
  const user = await RoomMember.join(call.url, call.token);
  await peers.ringback.status(call.callId, 'connected');
  await eventually('the user to be seen in the room', 5000, async () => (await peers.livekit.rooms.listParticipants(call.roomName)).length === 2);
  await user.leave();
  const row = await peers.ringback.status(call.callId, 'ended', 25_000);
  assert.equal(row.reason, 'room_empty');
});

test('the SIP status of a refused call comes into the row', async () => {
  const peers = await realRooms();
  const { call, dialled } = await placed(peers);
  await dialled.refuse(429, {
    code: 'resource_exhausted',
    msg: 'twirp error unknown: sip status 486: Busy Here',
    meta: { sip_status_code: '486', sip_status: 'Busy Here' },
  });
  const row = await peers.ringback.status(call.callId, 'failed');
  assert.equal(row.reason, 'busy');
  assert.equal(row.sipStatus, 486);
  assert.equal(row.error.stage, 'ringing');
});

test('the trunk of SIP_TRUNK_* is made once, noted, and made again when the service has lost it', async () => {
  const peers = await realRooms();
  await placed(peers);
  await placed(peers);
  assert.equal(peers.sip.trunks.length, 1);
  assert.equal(peers.sip.trunks[0].address, 'sip.example.com');
  assert.deepEqual(peers.sip.trunks[0].numbers, ['+15550001000']);
  assert.equal(peers.sip.trunks[0].authPassword, 'trunk-password');

  const { dataDir } = peers.ringback;
  await peers.ringback.stop();
  const [row] = new Database(dataDir).rows('select name, sip_trunk_id from livekit_sip_trunks');
  assert.equal(row.sip_trunk_id, 'ST_made1');
  assert.ok(!row.name.includes('trunk-password'));

  const env = { LIVEKIT_URL: peers.livekit.url, LIVEKIT_SIP_URL: peers.sip.url, ...kTrunk };
  peers.ringback = await keep(Ringback.start(env, dataDir));
  const again = await placed(peers);
  assert.equal(again.dialled.body.sipTrunkId, 'ST_made1');
  assert.equal(peers.sip.trunks.length, 1);

  peers.sip.trunks[0].sipTrunkId = 'ST_deleted';
  const replaced = await placed(peers);
  assert.equal(replaced.dialled.body.sipTrunkId, 'ST_made2');
});

test('no trunk at all: the answer says what to set', async () => {
  const { ringback } = await realRooms({ SIP_TRUNK_URI: '', SIP_TRUNK_NUMBER: '', SIP_TRUNK_USERNAME: '', SIP_TRUNK_PASSWORD: '' });
  const error = await failure(ringback);
  assert.equal(error.code, 'no_trunk');
  assert.match(error.action, /LIVEKIT_SIP_TRUNK_ID/);
});

test('a webhook that nobody of ours signed is refused', async () => {
  const { ringback } = await realRooms();
  const answer = await ringback.request('POST', '/api/livekit/webhook', '{"event":"room_finished"}', {
    'Content-Type': 'application/webhook+json',
    Authorization: 'x.y.z',
  });
  assert.equal(answer.status, 401);
});

test('a real server without a SIP service is named as the reason', async () => {
  const livekit = await keep(LiveKitServer.start());
  const ringback = await keep(Ringback.start({ LIVEKIT_URL: livekit.url, SIP_SERVICE: 'livekit', LIVEKIT_SIP_TRUNK_ID: 'ST_any' }));
  const error = await failure(ringback);
  assert.equal(error.code, 'sip_service_missing');
  assert.match(error.action, /livekit-sip/);
});

test('a real server with trunks but no SIP service on its bus: the trunk is made there, and the missing service is named', async () => {
  const redis = await keep(Redis.start());
  const livekit = await keep(LiveKitServer.start({ redis: { address: redis.address } }));
  const ringback = await keep(Ringback.start({ LIVEKIT_URL: livekit.url, SIP_SERVICE: 'livekit', ...kTrunk }));
  const error = await failure(ringback);
  assert.equal(error.code, 'sip_service_missing', error.message);
  assert.match(error.message, /no response from servers/);
  const trunks = await livekit.sip.listSipOutboundTrunk();
  assert.deepEqual(trunks.map(({ address, authUsername, numbers }) => ({ address, authUsername, numbers })), [
    { address: 'sip.example.com', authUsername: 'me', numbers: ['+15550001000'] },
  ]);
  await livekit.sip.deleteSipTrunk(trunks[0].sipTrunkId);
  assert.equal((await failure(ringback)).code, 'sip_service_missing');
  const made = await livekit.sip.listSipOutboundTrunk();
  assert.equal(made.length, 1, 'made again');
  assert.notEqual(made[0].sipTrunkId, trunks[0].sipTrunkId);

  const wrong = await keep(Ringback.start({ LIVEKIT_URL: livekit.url, SIP_SERVICE: 'livekit', LIVEKIT_SIP_TRUNK_ID: 'ST_unknown' }));
  assert.equal((await failure(wrong)).code, 'unknown_trunk');
});

test('wrong keys and an unreachable server are told apart', async () => {
  const livekit = await keep(LiveKitServer.start());
  const wrong = await keep(
    Ringback.start({ LIVEKIT_URL: livekit.url, SIP_SERVICE: 'livekit', LIVEKIT_SIP_TRUNK_ID: 'ST_any', LIVEKIT_API_SECRET: 'not-the-secret-of-the-server-0123456789' }),
  );
  assert.equal((await failure(wrong)).code, 'livekit_keys_refused');
  const nobody = await freePorts(2);
  const lost = await keep(
    Ringback.start({ LIVEKIT_URL: livekit.url, LIVEKIT_SIP_URL: `http://127.0.0.1:${nobody}`, LIVEKIT_SIP_TRUNK_ID: 'ST_any' }),
  );
  const error = await failure(lost);
  assert.equal(error.code, 'sip_service_unreachable');
  assert.match(error.message, /connection refused/);
});

test('another ringback serves as the LiveKit server: phone and row agree', async () => {
  const phone = await keep(DemoPhone.start(['--answer-after', '300']));
  const rooms = await keep(Ringback.start());
  const dialer = await keep(
    Ringback.start({ LIVEKIT_URL: rooms.roomUrl, LIVEKIT_SIP_URL: rooms.roomUrl, SIP_TRUNK_URI: phone.uri, SIP_TRUNK_NUMBER: '+15550001000' }),
  );
  const call = await dialer.place('+15551230000');
  assert.equal(call.url, rooms.roomUrl);
  const user = await RoomMember.join(call.url, call.token);
  open.push({ close: () => user.leave() });
  await dialer.status(call.callId, 'connected');
  await user.phoneStatus('active', 'sip-caller');
  assert.equal((await dialer.hangUp(call.callId)).json.reason, 'user_hung_up');
  await phone.event('ended');

  const busy = await dialer.request('POST', '/api/livekit/call', { callerId: 'test', phoneNumber: '+15551230001' });
  const id = busy.json.callId ?? busy.json.error.callId;
  const row = await dialer.status(id, 'failed');
  assert.equal(row.reason, 'busy');
  assert.equal(row.sipStatus, 486);
});
