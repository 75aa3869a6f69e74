import dgram from 'node:dgram';
import { once } from 'node:events';
import { Recording, decodeUlaw, encodeUlaw, sine } from './sound.js';

/** The audio of a far phone in PCMU, for phones whose SIP somebody else speaks: hears, plays, keeps statistics. */
export class RtpPeer {
  heard = new Recording(8000);
  packets = [];
  /** Packets of the tone that were sent. */
  sent = 0;
  events = [];

  static async open(host = '127.0.0.1', port = 0) {
    const peer = new RtpPeer();
    peer.socket = dgram.createSocket('udp4');
    peer.socket.on('message', (bytes, from) => peer.receive(bytes, from));
    peer.socket.bind(port, host);
    await once(peer.socket, 'listening');
    peer.port = peer.socket.address().port;
    return peer;
  }

  receive(bytes, from) {
    if (bytes.length < 12 || bytes[0] >> 6 !== 2) return;
    const type = bytes[1] & 0x7f;
    if (type >= 72 && type <= 76) return;
    this.remote ??= { host: from.address, port: from.port };
    const packet = {
      at: performance.now(),
      type,
      marker: bytes[1] >> 7 === 1,
      sequence: bytes.readUInt16BE(2),
      timestamp: bytes.readUInt32BE(4),
      ssrc: bytes.readUInt32BE(8),
    };
    if (this.packets.length < 20_000) this.packets.push(packet);
    const payload = bytes.subarray(12 + (bytes[0] & 0x0f) * 4);
    if (type === 0) this.heard.add(Int16Array.from(payload, decodeUlaw));
    else if (type >= 96 && payload.length >= 4) this.receiveEvent(payload, packet.timestamp);
  }

  /** RFC 4733: one digit is many packets with one timestamp. */
  receiveEvent(payload, timestamp) {
    const known = this.events.find((event) => event.timestamp === timestamp);
    const event = known ?? { timestamp, digit: '0123456789*#ABCD'[payload[0]], ended: false };
    event.ended ||= (payload[1] & 0x80) !== 0;
    event.duration = payload.readUInt16BE(2);
    if (known === undefined) this.events.push(event);
  }

  get digits() {
    return this.events.filter((event) => event.ended).map((event) => event.digit);
  }

  /** Plays a tone to `remote` (or to wherever audio came from) in packets of 20 ms, until hush(), close() or the next tone. */
  playTone(frequency, level = -12, remote = undefined) {
    this.hush();
    const second = Buffer.from(Array.from(sine(frequency, 1, 8000, level), encodeUlaw));
    const started = performance.now();
    this.sent = 0;
    const ssrc = Math.floor(Math.random() * 2 ** 32);
    this.player = setInterval(() => {
      const to = remote ?? this.remote;
      // The timer is late at times: send what has become due, so that the pace is right on average.
      for (const due = (performance.now() - started) / 20; to !== undefined && this.sent < due; this.sent++) {
        const packet = Buffer.alloc(172);
        packet.writeUInt16BE(0x8000 | (this.sent === 0 ? 0x80 : 0), 0);
        packet.writeUInt16BE(this.sent & 0xffff, 2);
        packet.writeUInt32BE((this.sent * 160) >>> 0, 4);
        packet.writeUInt32BE(ssrc, 8);
        second.copy(packet, 12, (this.sent * 160) % 8000, ((this.sent * 160) % 8000) + 160);
        this.socket.send(packet, to.port, to.host);
      }
    }, 10);
  }

  hush() {
    clearInterval(this.player);
  }

  /** Sends one digit as RFC 4733 events of `milliseconds`, with the customary three end packets. */
  async sendDigit(digit, type = 101, milliseconds = 120) {
    const code = '0123456789*#ABCD'.indexOf(digit);
    // The media clock: events are told apart by timestamps that rise (RFC 4733 section 2.2).
    const timestamp = (Date.now() * 8) % 2 ** 32;
    const ssrc = 0x10203040;
    const steps = Math.round(milliseconds / 20);
    for (let step = 1; step <= steps + 2; step++) {
      const packet = Buffer.alloc(16);
      packet[0] = 0x80;
      packet[1] = type | (step === 1 ? 0x80 : 0);
      packet.writeUInt16BE((timestamp + step) & 0xffff, 2);
      packet.writeUInt32BE(timestamp, 4);
      packet.writeUInt32BE(ssrc, 8);
      packet[12] = code;
      packet[13] = (step >= steps ? 0x80 : 0) | 10;
      packet.writeUInt16BE(Math.min(step, steps) * 160, 14);
      this.socket.send(packet, this.remote.port, this.remote.host);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  close() {
    this.hush();
    this.socket.close();
  }
}
