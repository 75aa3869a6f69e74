import net from 'node:net';

/** Stands between a client and a server's signalling port, and can lose what the server says. Media goes past it. */
export class SignalProxy {
  pairs = new Set();
  /** The tokens of the connections that were opened, in order. */
  tokens = [];

  static async start(port) {
    const proxy = new SignalProxy();
    proxy.server = net.createServer((client) => proxy.join(client, net.connect(port, '127.0.0.1')));
    await new Promise((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.url = `ws://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  join(client, server) {
    const pair = { client, server, deaf: false };
    this.pairs.add(pair);
    client.once('data', (bytes) => this.tokens.push(/^Authorization: Bearer (\S+)/im.exec(bytes.toString('latin1'))?.[1]));
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => pair.deaf || client.write(bytes));
    for (const socket of [client, server]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        this.pairs.delete(pair);
        client.destroy();
        server.destroy();
      });
    }
  }

  /** From now on nothing that the server says on the open connections arrives, but for their end. */
  deafen() {
    for (const pair of this.pairs) pair.deaf = true;
  }

  /** Cuts the open connections. */
  cut() {
    for (const { client } of this.pairs) client.destroy();
  }

  async close() {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
