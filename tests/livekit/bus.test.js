// ringback in livekit-sip's place: CreateSIPParticipant of a real livekit-server, with trunks that the server keeps, dials
// through ringback. The unmodified livekit-server-sdk is the user.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SIPCallDirection, SIPCallStatus } from '@livekit/protocol';
import { dispose } from '@livekit/rtc-node';
import { SipCallError } from 'livekit-server-sdk';
import { SippPhone } from '../e2e/harness/sipp.js';
import { eventually } from '../e2e/harness/wait.js';
import { BusListener } from './harness/bus_listener.js';
import { BusWorld, failureOf, kCaller } from './harness/bus.js';
import { kLiveKitBinary, kOldLiveKitBinary } from './harness/livekit_server.js';

for (const [name, binary] of [
  ['the newest server', kLiveKitBinary],
  ['the oldest server', kOldLiveKitBinary],
]) {
  describe(name, () => {
    let world;
    let ringback;
    before(async () => {
      world = await BusWorld.start({ binary });
      ringback = await world.ringback();
    });
    after(() => world?.close());

    test('the phone rings, joins with its attributes, and is heard both ways', async () => {
      const user = await world.join('room-a');
      await user.playTone(1000);
      const started = performance.now();
      const info = await world.dial('+15551230000', 'room-a', {
        participantIdentity: 'phone-1',
        participantName: 'Anna',
        participantMetadata: 'about Anna',
        participantAttributes: { team: 'blue' },
        playDialtone: true,
      });
      assert.equal(info.participantIdentity, 'phone-1');
      assert.equal(info.roomName, 'room-a');
      assert.match(info.sipCallId, /^SCL_/);
      assert.match(info.participantId, /^PA_/);
      assert.ok(performance.now() - started < 3000, 'the answer does not wait for the phone');
      await user.phoneStatus('active', 'phone-1');
      const phone = await user.phone('phone-1');
      assert.equal(phone.name, 'Anna');
      assert.equal(phone.metadata, 'about Anna');
      assert.equal(phone.attributes.team, 'blue');
      assert.equal(phone.attributes['sip.callID'], info.sipCallId);
      assert.equal(phone.attributes['sip.trunkID'], world.trunkId);
      assert.equal(phone.attributes['sip.phoneNumber'], '+15551230000');
      assert.equal(phone.attributes['sip.trunkPhoneNumber'], kCaller);
      assert.ok(phone.attributes['sip.callIDFull'], 'the Call-ID');
      assert.equal((await world.participant('room-a', 'phone-1')).kind, 3, 'a participant of kind SIP');
      await world.phone.hears(1000);
      await (await user.recording('phone-1')).tone(1000, { share: 0.6, timeout: 20_000 });
      await world.server.rooms.removeParticipant('room-a', 'phone-1');
      await user.phoneGone('phone-1');
      await world.phone.event('ended', (event) => event.by === 'caller');
    });

    test('waitUntilAnswered returns when the phone was answered and its digits are pressed', async () => {
      const before = world.phone.digits.length;
      const info = await world.dial('+15551230000', 'room-b', { waitUntilAnswered: true, dtmf: '12#' });
      assert.equal(info.participantIdentity, 'phone');
      assert.equal((await world.participant('room-b')).attributes['sip.callStatus'], 'active');
      await eventually('three digits at the phone', 10_000, () => world.phone.digits.length >= before + 3);
      assert.deepEqual(world.phone.digits.slice(before), ['1', '2', '#']);
      await world.server.rooms.deleteRoom('room-b');
    });

    for (const [what, number, status, text, code] of [
      ['busy', '+15551230001', 486, 'Busy Here', 'resource_exhausted'],
      ['declined', '+15551230003', 603, 'Decline', 'permission_denied'],
      ['unavailable', '+15551230007', 480, 'Temporarily Unavailable', 'resource_exhausted'],
      ['not found', '+15551230008', 404, 'Not Found', 'not_found'],
      ['failing', '+15551230009', 503, 'Service Unavailable', 'failed_precondition'],
    ]) {
      test(`a phone that is ${what} is told with its SIP status`, async () => {
        const error = await failureOf(world.dial(number, 'room-c', { waitUntilAnswered: true }));
        assert.ok(error instanceof SipCallError, String(error));
        assert.equal(error.sipStatusCode, status);
        assert.equal(error.sipStatus, text);
        assert.equal(error.code, code);
        assert.ok(Buffer.from(error.metadata.error_details, 'base64').includes('livekit.SIPStatus'));
      });
    }

    test('a phone that does not answer within the ringing timeout', async () => {
      const error = await failureOf(world.dial('+15551230002', 'room-d', { waitUntilAnswered: true, ringingTimeout: 2 }));
      assert.equal(error.code, 'canceled');
      assert.match(error.message, /sip request timed out/);
    });

    test('without waiting, a busy phone is an answer, and the room sees it come and go', async () => {
      const user = await world.join('room-e');
      const info = await world.dial('+15551230001', 'room-e');
      assert.match(info.participantId, /^PA_/);
      await user.phoneGone('phone');
    });

    test('maxCallDuration hangs up', async () => {
      const user = await world.join('room-g');
      await world.dial('+15551230000', 'room-g', { maxCallDuration: 3 });
      await user.phoneStatus('active', 'phone');
      await user.phoneGone('phone');
    });

    test('a trunk that cannot be reached', async () => {
      const nowhere = await world.trunk('127.0.0.1:9', { transport: 2 });
      const error = await failureOf(world.dial('+15551230000', 'room-h', { trunkId: nowhere, waitUntilAnswered: true }));
      assert.equal(error.code, 'failed_precondition');
      const unknown = await world.trunk('no-such-host.invalid');
      assert.equal((await failureOf(world.dial('+15551230000', 'room-h', { trunkId: unknown, waitUntilAnswered: true }))).code, 'invalid_argument');
    });

    test('headers go to the phone, and those of its answer become attributes', async () => {
      const sipp = await world.keep(SippPhone.start('answer_headers'));
      const trunkId = await world.trunk(sipp.uri.replace(/^sip:/, ''), {
        headers: { 'X-Trunk': 'from the trunk' },
        headersToAttributes: { 'X-Agent-Id': 'agent.id' },
        includeHeaders: 1,
      });
      await world.dial('+15551230000', 'room-s', {
        trunkId,
        waitUntilAnswered: true,
        maxCallDuration: 3,
        headers: { 'X-Call': 'from the call' },
        displayName: 'The Caller',
        fromNumber: '+15550002000',
      });
      const { attributes } = await world.participant('room-s');
      assert.equal(attributes['agent.id'], 'agent-7');
      assert.equal(attributes['sip.h.x-agent-id'], 'agent-7');
      assert.equal(attributes['sip.twilio.callSid'], 'CA123');
      assert.equal(attributes['sip.h.p-charging'], undefined, 'only X- headers were asked for');
      assert.equal(attributes['sip.trunkPhoneNumber'], '+15550002000');
      assert.match(sipp.messages, /^X-Trunk: from the trunk\r?$/m);
      assert.match(sipp.messages, /^X-Call: from the call\r?$/m);
      // livekit-server 1.8 has no display names.
      if (binary === kLiveKitBinary) assert.match(sipp.messages, /^From: "The Caller" <sip:\+15550002000@/m);
      await sipp.finished();
    });

    test('the number can be hidden', async () => {
      await world.dial('+15551230000', 'room-i', { hidePhoneNumber: true });
      const { attributes } = await world.participant('room-i');
      assert.equal(attributes['sip.phoneNumber'], undefined);
      assert.equal(attributes['sip.trunkPhoneNumber'], undefined);
      assert.ok(attributes['sip.callID']);
      await world.server.rooms.deleteRoom('room-i');
    });

    test('the calls are reported on the bus', async () => {
      const listener = await world.keep(BusListener.start(world.redis.port));
      const info = await world.dial('+15551230005', 'room-r', { waitUntilAnswered: true, participantAttributes: { team: 'blue' } });
      const reports = () => listener.reports.filter((report) => report.callId === info.sipCallId);
      const last = await eventually('the report of the end', 15_000, () => reports().find((report) => report.endedAtNs > 0n));
      assert.deepEqual(reports().map(({ callStatus }) => callStatus).sort(), [
        SIPCallStatus.SCS_PARTICIPANT_JOINED,
        SIPCallStatus.SCS_ACTIVE,
        SIPCallStatus.SCS_DISCONNECTED,
      ]);
      assert.equal(last.callStatus, SIPCallStatus.SCS_DISCONNECTED);
      assert.equal(last.callDirection, SIPCallDirection.SCD_OUTBOUND);
      assert.equal(last.trunkId, world.trunkId);
      assert.equal(last.roomName, 'room-r');
      assert.equal(last.participantIdentity, 'phone');
      assert.equal(last.participantAttributes.team, 'blue');
      assert.equal(last.fromUri.user, kCaller);
      assert.equal(last.toUri.user, '+15551230005');
      assert.match(last.audioCodec, /^PCM[AU]\/8000$/);
      assert.ok(last.createdAtNs <= last.startedAtNs && last.startedAtNs < last.endedAtNs);

      await failureOf(world.dial('+15551230001', 'room-r', { waitUntilAnswered: true }));
      const failed = await eventually('the report of the failure', 5000, () => listener.reports.find((report) => report.callStatus === SIPCallStatus.SCS_ERROR));
      assert.equal(failed.callStatusCode.code, 486);
      assert.equal(failed.disconnectReason, 12, 'USER_REJECTED');
      assert.ok(failed.error);
    });

    test('a transfer is refused with words', async () => {
      await world.dial('+15551230000', 'room-t', { waitUntilAnswered: true });
      const error = await failureOf(world.server.sip.transferSipParticipant('room-t', 'phone', 'tel:+15551230099'));
      assert.equal(error.code, 'unimplemented');
      await world.server.rooms.deleteRoom('room-t');
    });

    test('the calls of the bus are in the metrics', async () => {
      const { text } = await ringback.request('GET', '/metrics');
      assert.match(text, /ringback_bus_up 1\b/);
      assert.match(text, /ringback_bus_requests_total\{outcome="served"\} 1\d/);
    });
  });
}

after(() => dispose());
