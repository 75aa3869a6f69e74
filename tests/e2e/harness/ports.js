import dgram from 'node:dgram';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';

// Below the range that the kernel takes ports from by itself, so that nobody takes one between check and use.
const kFirst = 18_000;
const kLast = 31_000;
let next = kFirst + ((process.pid * 131) % (kLast - kFirst));

/** The first of `count` neighbouring ports (an even one) that nobody uses, for UDP and TCP. */
export async function freePorts(count = 1) {
  for (;;) {
    const first = next + (next % 2);
    next = first + count;
    if (next > kLast) next = kFirst;
    const checks = Array.from({ length: Math.min(count, 12) }, (_, i) => isFree(first + i));
    if ((await Promise.all(checks)).every(Boolean)) return first;
  }
}

async function isFree(port) {
  const udp = dgram.createSocket('udp4');
  const tcp = net.createServer();
  try {
    udp.bind(port, '127.0.0.1');
    await once(udp, 'listening');
    tcp.listen(port, '127.0.0.1');
    await once(tcp, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => {
      try {
        udp.close(resolve);
      } catch {
        resolve();
      }
    });
    await new Promise((resolve) => tcp.close(resolve));
  }
}

/** Whether some program has this port of 127.0.0.1 open, by UDP or TCP. */
export function isBound(port) {
  const entry = new RegExp(`: 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `);
  return ['udp', 'tcp'].some((table) => entry.test(fs.readFileSync(`/proc/net/${table}`, 'utf8')));
}
