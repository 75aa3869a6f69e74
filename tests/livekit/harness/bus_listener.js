import net from 'node:net';
import { SIPCallInfo } from '@livekit/protocol';

/** The length-delimited fields of a protobuf message, by number. */
export function fields(bytes) {
  const found = new Map();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    if (key % 8 === 0) varint();
    else if (key % 8 === 5) at += 4;
    else if (key % 8 === 1) at += 8;
    else {
      const length = varint();
      found.set(key >> 3, bytes.subarray(at, at + length));
      at += length;
    }
  }
  return found;
}

/** Hears what SIP services report of their calls on the bus. */
export class BusListener {
  reports = [];
  #rest = Buffer.alloc(0);

  static async start(port) {
    const listener = new BusListener();
    listener.socket = net.connect(port, '127.0.0.1');
    listener.socket.write('*2\r\n$9\r\nSUBSCRIBE\r\n$29\r\nIOInfo|UpdateSIPCallState|REQ\r\n');
    const subscribed = new Promise((resolve) => listener.socket.once('data', resolve));
    await subscribed;
    listener.socket.on('data', (chunk) => listener.#take(chunk));
    return listener;
  }

  // "*3", "message", the channel, and the payload with its length before it.
  #take(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const head = /^\*3\r\n\$7\r\nmessage\r\n\$\d+\r\n[^\r]*\r\n\$(\d+)\r\n/.exec(this.#rest.toString('latin1'));
      const end = head && head[0].length + Number(head[1]);
      if (!head || this.#rest.length < end + 2) return;
      const payload = this.#rest.subarray(head[0].length, end);
      this.#rest = this.#rest.subarray(end + 2);
      const request = fields(fields(payload).get(2));
      this.reports.push(SIPCallInfo.fromBinary(fields(request.get(8)).get(1)));
    }
  }

  close() {
    this.socket.destroy();
  }
}
