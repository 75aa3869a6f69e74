// The unmodified livekit-server-sdk drives the SIP service: trunks and participants.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { SipCallError, SipClient } from 'livekit-server-sdk';
import { DemoPhone } from './harness/demo_phone.js';
import { kApiKey, Ringback } from './harness/ringback.js';
import { RoomMember, signToken } from './harness/room_member.js';
import { eventually } from './harness/wait.js';

let phone;
let ringback;
let trunkId;
let members = [];

before(async () => {
  phone = await DemoPhone.start(['--answer-after', '400']);
  ringback = await Ringback.start();
});
after(async () => {
  for (const member of members) await member.leave();
  await ringback?.close();
  await phone?.close();
});

async function join(identity, room) {
  const member = await RoomMember.join(ringback.roomUrl, await signToken(identity, room));
  members.push(member);
  return member;
}

const address = () => phone.uri.replace(/^sip:/, '');

test('an outbound trunk can be made, listed and deleted', async () => {
  const trunk = await ringback.sip.createSipOutboundTrunk('Test trunk', address(), ['+15550001000'], {
    authUsername: 'name',
    authPassword: 'secret',
    metadata: 'meta',
  });
  assert.match(trunk.sipTrunkId, /^ST_/);
  assert.equal(trunk.address, address());
  const listed = await ringback.sip.listSipOutboundTrunk();
  assert.deepEqual(listed.map((one) => one.sipTrunkId), [trunk.sipTrunkId]);
  assert.equal(listed[0].name, 'Test trunk');
  assert.deepEqual(listed[0].numbers, ['+15550001000']);
  await ringback.sip.deleteSipTrunk(trunk.sipTrunkId);
  assert.equal((await ringback.sip.listSipOutboundTrunk()).length, 0);
});

test('createSipParticipant makes a phone ring in a room', async () => {
  trunkId = (await ringback.sip.createSipOutboundTrunk('Demo', address(), ['+15550001000'])).sipTrunkId;
  const user = await join('user', 'room-a');
  const info = await ringback.sip.createSipParticipant(trunkId, '+15551230000', 'room-a', {
    participantIdentity: 'phone-1',
    participantName: 'Anna',
    participantMetadata: 'about Anna',
    participantAttributes: { team: 'blue' },
    playRingtone: true,
  });
  assert.equal(info.participantIdentity, 'phone-1');
  assert.equal(info.roomName, 'room-a');
  assert.match(info.sipCallId, /^SCL_/);
  assert.match(info.participantId, /^PA_/);
  await user.phone('phone-1');
  await user.phoneStatus('active', 'phone-1');
  const participant = await user.phone('phone-1');
  assert.equal(participant.name, 'Anna');
  assert.equal(participant.metadata, 'about Anna');
  assert.equal(participant.attributes.team, 'blue');
  assert.equal(participant.attributes['sip.phoneNumber'], '+15551230000');
  assert.equal(participant.attributes['sip.trunkPhoneNumber'], '+15550001000');
  assert.equal(participant.attributes['sip.trunkID'], trunkId);
  assert.equal(participant.attributes['sip.callID'], info.sipCallId);
  await ringback.rooms.removeParticipant('room-a', 'phone-1');
  await user.phoneGone('phone-1');
});

test('waitUntilAnswered returns when the phone was answered', async () => {
  const user = await join('user', 'room-b');
  const info = await ringback.sip.createSipParticipant(trunkId, '+15551230000', 'room-b', {
    participantIdentity: 'phone-2',
    waitUntilAnswered: true,
    timeout: 10,
  });
  assert.equal(info.participantIdentity, 'phone-2');
  await user.phoneStatus('active', 'phone-2');
  await ringback.rooms.deleteRoom('room-b');
});

test('waitUntilAnswered tells why the phone was not answered', async () => {
  const call = ringback.sip.createSipParticipant(trunkId, '+15551230001', 'room-c', {
    participantIdentity: 'phone-3',
    waitUntilAnswered: true,
    timeout: 10,
  });
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof SipCallError, String(error));
    assert.equal(error.sipStatusCode, 486);
    return true;
  });
});

test('dtmf is pressed when the phone answers', async () => {
  const before = phone.digits.length;
  await ringback.sip.createSipParticipant(trunkId, '+15551230000', 'room-d', {
    participantIdentity: 'phone-4',
    dtmf: '12#',
    waitUntilAnswered: true,
    timeout: 10,
  });
  await eventually('three digits at the phone', 10_000, () => phone.digits.length >= before + 3);
  assert.deepEqual(phone.digits.slice(before), ['1', '2', '#']);
  await ringback.rooms.deleteRoom('room-d');
});

test('ringingTimeout gives up, maxCallDuration hangs up', async () => {
  const user = await join('user', 'room-e');
  await ringback.sip.createSipParticipant(trunkId, '+15551230002', 'room-e', { participantIdentity: 'phone-5', ringingTimeout: 2 });
  await user.phone('phone-5');
  await user.phoneGone('phone-5');
  await ringback.sip.createSipParticipant(trunkId, '+15551230000', 'room-e', { participantIdentity: 'phone-6', maxCallDuration: 4 });
  await user.phoneStatus('active', 'phone-6');
  await user.phoneGone('phone-6');
});

test('refuses an unknown trunk, a missing number and a token without the grant', async () => {
  const codeOf = (promise) => promise.then(() => 'accepted', (error) => error.code ?? error.message);
  assert.equal(await codeOf(ringback.sip.createSipParticipant('ST_unknown', '+15551230000', 'room-f')), 'not_found');
  assert.equal(await codeOf(ringback.sip.createSipParticipant(trunkId, '', 'room-f')), 'invalid_argument');
  const stranger = new SipClient(`http://127.0.0.1:${ringback.roomPort}`, kApiKey, 'a-wrong-secret-of-at-least-thirty-two-bytes');
  await assert.rejects(stranger.listSipOutboundTrunk(), (error) => error.status === 401);
});

after(() => dispose());
