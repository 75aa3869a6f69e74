// What people do in a call, whoever has the room and whoever plays the phone; each function asserts what both sides get.
import assert from 'node:assert/strict';
import { RoomMember } from './room_member.js';
import { eventually, pause } from './wait.js';

function sameLevel(level, where) {
  assert.ok(Math.abs(level - -12) < 3, `played at -12 dB, heard at ${level.toFixed(1)} dB ${where}`);
}

/** The user and the phone, whose sound is an RtpPeer, play a tone each, and hear the other's at its level. */
export async function soundBothWays(user, peer) {
  await user.playTone(1000);
  await eventually('audio at the phone', 10_000, () => peer.remote);
  peer.playTone(440);
  sameLevel((await peer.heard.tone(1000)).level, 'at the phone');
  sameLevel((await (await user.recording('sip-caller')).tone(440)).level, 'in the room');
}

/** After soundBothWays(). */
export async function keysBothWays(user, peer) {
  for (const [code, digit] of [[1, '1'], [0, '0'], [11, '#']]) await user.room.localParticipant.publishDtmf(code, digit);
  await eventually('three digits at the phone', 10_000, () => peer.digits.length >= 3);
  // A repeated digit would come now.
  await pause(500);
  assert.deepEqual(peer.digits, ['1', '0', '#']);
  for (const digit of ['5', '*']) await peer.sendDigit(digit);
  await eventually('two digits in the room', 10_000, () => user.digits.length >= 2);
  assert.deepEqual(user.digits.map(({ digit }) => digit), ['5', '*']);
}

/** A call to baresip: both hear each other, the phone presses a key and hangs up. */
export async function talkWithBaresip(ringback, phone, number) {
  const placed = await ringback.place(number);
  const user = await RoomMember.join(placed.url, placed.token);
  await user.playTone(1000);
  await ringback.status(placed.callId, 'connected');
  sameLevel((await (await user.recording('sip-caller')).tone(440)).level, 'in the room');
  sameLevel((await phone.hears(1000)).level, 'at the phone');

  phone.press('7');
  await eventually('the digit in the room', 10_000, () => user.digits.some(({ digit }) => digit === '7'));

  phone.hangUp();
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'phone_hung_up');
  await user.phoneGone();
  await user.leave();
}

/** A call to baresip that the dialer ends. */
export async function hangUpOnBaresip(ringback, phone, number) {
  const placed = await ringback.place(number);
  await ringback.status(placed.callId, 'connected');
  await ringback.hangUp(placed.callId);
  assert.equal((await ringback.status(placed.callId, 'ended')).reason, 'user_hung_up');
  await phone.program.line(/session closed|terminated|Call .*(closed|terminated)/i);
}

/** The methods that a phone's participant serves: headers of its answer, an unknown one, and the end of the call. */
export async function callMethods(ringback, placed, user, phone) {
  const perform = (method, payload = '') =>
    user.room.localParticipant.performRpc({ destinationIdentity: 'sip-caller', method, payload, responseTimeout: 10_000 });
  await user.phone();
  const { headers } = JSON.parse(await perform('lk.sip.GetRemoteHeaders', '{"include":["contact"]}'));
  assert.deepEqual(Object.keys(headers), ['Contact']);
  assert.match(headers.Contact, /127\.0\.0\.1/);
  await assert.rejects(perform('no.such.method'), (error) => error.code === 1400);
  await assert.rejects(perform('lk.sip.EndCall', '{"headers":{"X-Bad":"a\\r\\nb"}}'), (error) => error.code === 1500);
  assert.equal(await perform('lk.sip.EndCall', '{"headers":{"X-Reason":"all said"}}'), '{}');
  const row = await ringback.status(placed.callId, 'ended');
  assert.equal(row.reason, 'user_hung_up');
  await phone.finished();
  assert.match(phone.messages, /^X-Reason: all said\r?$/m);
}
