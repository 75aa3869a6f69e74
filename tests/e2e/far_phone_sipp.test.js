// The far phone is sipp: what a provider's SIP may do to a call.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { after, afterEach, test } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { callMethods, keysBothWays, soundBothWays } from './harness/conversation.js';
import { freePorts } from './harness/ports.js';
import { RtpPeer } from './harness/rtp_peer.js';
import { Scene } from './harness/scene.js';
import { eventually } from './harness/wait.js';

const scene = new Scene();
afterEach(() => scene.close());

for (const transport of ['udp', 'tcp']) {
  test(`audio goes to the phone and comes back, SIP over ${transport}`, async () => {
    const { phone, ringback, placed } = await scene.callSipp('answer_echo', { echo: true, transport });
    const user = await scene.join(placed);
    await user.playTone(800);
    await ringback.status(placed.callId, 'connected');
    await (await user.recording('sip-caller')).tone(800);
    await ringback.hangUp(placed.callId);
    await ringback.status(placed.callId, 'ended');
    await phone.finished();
  });
}

test('the tone that the phone plays is heard in the room', async () => {
  const { phone, ringback, placed } = await scene.callSipp('answer_tone', { tone: 440 });
  const user = await scene.join(placed);
  await ringback.status(placed.callId, 'connected');
  const { level } = await (await user.recording('sip-caller')).tone(440);
  assert.ok(Math.abs(level - -12) < 3, `played at -12 dB, heard at ${level.toFixed(1)} dB`);
  await ringback.hangUp(placed.callId);
  await phone.finished();
});

test('the tone of the room is heard at the phone at its level, in an unbroken stream of 20 ms', async () => {
  const peer = await scene.peer();
  const { phone, ringback, placed } = await scene.callSipp('answer_peer', { peer });
  const user = await scene.join(placed);
  await ringback.status(placed.callId, 'connected');
  await soundBothWays(user, peer);

  const audio = peer.packets.filter((packet) => packet.type === 0);
  assert.equal(new Set(audio.map((packet) => packet.ssrc)).size, 1, 'one SSRC');
  for (let i = 1; i < audio.length; i++) {
    assert.equal((audio[i].sequence - audio[i - 1].sequence) & 0xffff, 1, 'sequence numbers follow each other');
  }
  await ringback.hangUp(placed.callId);
  await phone.finished();
});

test('the phone gets RTCP: sender reports with a CNAME on the port above its audio, a BYE at the end', async () => {
  const port = await freePorts(2);
  const peer = scene.add(await RtpPeer.open('127.0.0.1', port));
  const control = dgram.createSocket('udp4');
  scene.add({ close: () => control.close() });
  const reports = [];
  control.on('message', (bytes) => reports.push(...rtcpPackets(bytes)));
  await new Promise((resolve) => control.bind(port + 1, '127.0.0.1', resolve));
  const { phone, ringback, placed } = await scene.callSipp('answer_peer', { peer });
  const user = await scene.join(placed);
  await ringback.status(placed.callId, 'connected');
  await soundBothWays(user, peer);

  const report = await eventually('a report that counts packets', 15_000, () =>
    reports.find(({ type, bytes }) => type === 200 && bytes.readUInt32BE(20) > 0 && (bytes[0] & 0x1f) === 1));
  const { ssrc } = peer.packets.at(-1);
  assert.equal(report.bytes.readUInt32BE(4), ssrc);
  assert.equal(report.bytes[32], 0, 'no packet of the phone was lost');
  const description = reports.find(({ type }) => type === 202);
  assert.equal(description.bytes.readUInt32BE(4), ssrc);
  assert.ok(description.bytes[8] === 1 && description.bytes[9] > 0, 'a CNAME');
  await ringback.hangUp(placed.callId);
  await phone.finished();
  await eventually('the BYE of RTCP', 5000, () => reports.some(({ type }) => type === 203));
});

/** The packets of a compound RTCP packet (RFC 3550 section 6.1). */
function rtcpPackets(datagram) {
  const packets = [];
  for (let at = 0; at + 4 <= datagram.length; ) {
    const end = at + 4 * (datagram.readUInt16BE(at + 2) + 1);
    packets.push({ type: datagram[at + 1], bytes: datagram.subarray(at, end) });
    at = end;
  }
  return packets;
}

test('early media is heard before the answer', async () => {
  const peer = await scene.peer();
  const { phone, ringback, placed } = await scene.callSipp('early_media_peer', { peer });
  const user = await scene.join(placed);
  peer.playTone(620, -12, { host: '127.0.0.1', port: await localRtpPort(phone) });
  await (await user.recording('sip-caller')).tone(620);
  await ringback.status(placed.callId, 'connected');
  await ringback.hangUp(placed.callId);
  await phone.finished();
});

test('keys pressed in the room reach the phone, keys pressed at the phone reach the room', async () => {
  const peer = await scene.peer();
  const { ringback, placed } = await scene.callSipp('answer_peer', { peer });
  const user = await scene.join(placed);
  await ringback.status(placed.callId, 'connected');
  await soundBothWays(user, peer);
  await keysBothWays(user, peer);
});

test('the user calls the methods of the phone, and ends the call by one', async () => {
  const { phone, ringback, placed } = await scene.callSipp('answer_tone', { tone: 440 });
  const user = await scene.join(placed);
  await ringback.status(placed.callId, 'connected');
  await callMethods(ringback, placed, user, phone);
});

test('nobody else can take over the audio of a call', async () => {
  const peer = await scene.peer();
  const { phone, ringback, placed } = await scene.callSipp('answer_peer', { peer });
  const user = await scene.join(placed);
  await user.playTone(1000);
  await ringback.status(placed.callId, 'connected');
  peer.playTone(440);
  await peer.heard.tone(1000);
  const stranger = await scene.peer();
  stranger.playTone(2000, -6, { host: '127.0.0.1', port: await localRtpPort(phone) });
  await eventually('a second of the stranger', 5000, () => stranger.sent >= 50);
  await user.hearsAgain('sip-caller', 440);
  assert.equal(stranger.packets.length, 0, 'the stranger hears nothing');
  await ringback.hangUp(placed.callId);
});

test('a phone that puts the call on hold gets no audio, loses no call, and is heard and hears again afterwards', async () => {
  const peer = await scene.peer();
  // Shorter than the hold: a phone on hold may be silent as long as it likes.
  const { phone, ringback, placed } = await scene.callSipp('hold_peer', { peer }, { MEDIA_TIMEOUT: '2' });
  const user = await scene.join(placed);
  await ringback.status(placed.callId, 'connected');
  await soundBothWays(user, peer);

  const { length } = await eventually('no audio for the phone on hold', 10_000, () => {
    const last = peer.packets.at(-1);
    return performance.now() - last.at > 1500 && peer.packets;
  });
  peer.hush();
  peer.heard.clear();
  await eventually('audio for the phone again', 10_000, () => peer.packets.length > length);
  peer.playTone(620);
  await peer.heard.tone(1000);
  await user.hearsAgain('sip-caller', 620);
  assert.equal((await ringback.row(placed.callId)).status, 'connected');
  await ringback.hangUp(placed.callId);
  await phone.finished();
});

test('OPTIONS is answered with what ringback can', async () => {
  const ringback = await scene.ringback('sip:127.0.0.1:9');
  const socket = dgram.createSocket('udp4');
  scene.add({ close: () => socket.close() });
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const answer = once(socket, 'message');
  const { port } = socket.address();
  socket.send(
    [
      `OPTIONS sip:127.0.0.1:${ringback.sipPort} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKoptions;rport`,
      `From: <sip:provider@127.0.0.1:${port}>;tag=1`,
      `To: <sip:127.0.0.1:${ringback.sipPort}>`,
      'Call-ID: options@127.0.0.1',
      'CSeq: 1 OPTIONS',
      'Max-Forwards: 70',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
    ringback.sipPort,
    '127.0.0.1',
  );
  const text = String((await answer)[0]);
  assert.match(text, /^SIP\/2\.0 200 /);
  assert.match(text, /^Allow: .*\bINVITE\b.*\bBYE\b/m);
});

test('an answer whose ACK was lost is acknowledged again, as often as it comes', async () => {
  const { phone, ringback, placed } = await scene.callSipp('lost_ack', { echo: true });
  await ringback.status(placed.callId, 'connected');
  await eventually('an ACK that sipp keeps', 30_000, () => {
    const acknowledged = phone.received.filter((line) => line.startsWith('ACK ')).length;
    const lost = phone.messages.split('message lost (recv)').length - 1;
    return acknowledged > lost;
  });
  await ringback.hangUp(placed.callId);
  await phone.finished();
});

for (const [algorithm, hash] of [['md5', 'md5'], ['sha256', 'sha256']]) {
  test(`a provider that asks for the password (${algorithm}) gets a digest of it, once`, async () => {
    const settings = { SIP_TRUNK_USERNAME: 'dialer', SIP_TRUNK_PASSWORD: 'correct horse' };
    const { phone, ringback, placed } = await scene.callSipp(`auth_${algorithm}`, {}, settings);
    await ringback.status(placed.callId, 'connected');
    await ringback.hangUp(placed.callId);
    await phone.finished();
    assert.equal(phone.received.filter((line) => line.startsWith('INVITE ')).length, 2);
    assert.ok(!phone.messages.includes('correct horse'), 'the password itself is never sent');

    const [, credentials] = /^Proxy-Authorization: Digest (.*)$/m.exec(phone.messages);
    const value = Object.fromEntries([...credentials.matchAll(/(\w+)="?([^",]+)/g)].map(([, name, text]) => [name, text]));
    assert.equal(value.username, 'dialer');
    assert.equal(value.realm, 'provider.example');
    const digest = (...parts) => createHash(hash).update(parts.join(':')).digest('hex');
    const expected = digest(
      digest('dialer', 'provider.example', 'correct horse'),
      value.nonce, value.nc, value.cnonce, value.qop,
      digest('INVITE', value.uri),
    );
    assert.equal(value.response, expected);
  });
}

/** The port that ringback's SDP names for its audio. */
async function localRtpPort(phone) {
  return eventually('the INVITE at the phone', 5000, () => /m=audio (\d+) /.exec(phone.messages)?.[1]).then(Number);
}

after(() => dispose());
