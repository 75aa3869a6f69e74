import { createHash } from 'node:crypto';
import net from 'node:net';
import { fields } from './bus_listener.js';

// Protobuf by hand: the envelope of the bus is not among the published messages.
function varint(value) {
  const bytes = [];
  for (; value >= 128n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
  return Buffer.from([...bytes, Number(value)]);
}
const number = (field, value) => Buffer.concat([varint(BigInt(field << 3)), varint(BigInt(value))]);
export function text(field, value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
}
const envelope = (type, inner) => Buffer.concat([text(1, `type.googleapis.com/internal.${type}`), text(2, inner)]);

/**
 * Calls SIPInternal as livekit-server does from 1.10 on: the first claim is taken at once, and a Redis lock is expected to
 * make one server of many claim.
 */
export class BusCaller {
  claims = [];
  responses = [];
  #rest = Buffer.alloc(0);
  #client = 'CLI_test12345678';

  static async start(port) {
    const caller = new BusCaller();
    caller.commands = net.connect(port, '127.0.0.1');
    caller.listener = net.connect(port, '127.0.0.1');
    caller.listener.on('data', (chunk) => caller.#take(chunk));
    const channels = ['CLAIM', 'RES'].map((kind) => `SIPInternal|${caller.#client}|${kind}`);
    const subscribed = new Promise((resolve) => caller.listener.once('data', resolve));
    caller.#send(caller.listener, 'SUBSCRIBE', ...channels);
    await subscribed;
    return caller;
  }

  #send(socket, ...words) {
    const parts = words.map((word) => Buffer.from(word));
    socket.write(Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from('\r\n')])]));
  }

  #take(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const all = this.#rest.toString('latin1');
      const subscription = /^\*3\r\n\$9\r\nsubscribe\r\n\$\d+\r\n[^\r]*\r\n:\d+\r\n/.exec(all);
      if (subscription) {
        this.#rest = this.#rest.subarray(subscription[0].length);
        continue;
      }
      const head = /^\*3\r\n\$7\r\nmessage\r\n\$\d+\r\n([^\r]*)\r\n\$(\d+)\r\n/.exec(all);
      const end = head && head[0].length + Number(head[2]);
      if (!head || this.#rest.length < end + 2) return;
      const inner = fields(fields(this.#rest.subarray(head[0].length, end)).get(2));
      this.#rest = this.#rest.subarray(end + 2);
      if (head[1].endsWith('CLAIM')) this.#claimed(inner);
      else this.responses.push(inner);
    }
  }

  #claimed(claim) {
    const [request, server] = [claim.get(1).toString(), claim.get(2).toString()];
    this.claims.push({ request, server });
    if (this.claims.filter((one) => one.request === request).length > 1) return;
    this.#send(this.commands, 'PUBLISH', 'SIPInternal|CreateSIPParticipant|RCLAIM', envelope('ClaimResponse', Buffer.concat([text(1, request), text(2, server)])));
  }

  /** Publishes a request; `body` is an encoded InternalCreateSIPParticipantRequest. Returns the lock's key. */
  request(id, body, seconds = 10) {
    const now = BigInt(Date.now()) * 1_000_000n;
    const request = Buffer.concat([text(1, id), text(2, this.#client), number(3, now), number(4, now + BigInt(seconds) * 1_000_000_000n), text(8, body)]);
    const payload = envelope('Request', request);
    this.#send(this.commands, 'PUBLISH', 'SIPInternal|CreateSIPParticipant|REQ', payload);
    return createHash('sha256').update(payload).digest('base64');
  }

  response(id) {
    return this.responses.find((response) => response.get(1).toString() === id);
  }

  close() {
    this.commands.destroy();
    this.listener.destroy();
  }
}
