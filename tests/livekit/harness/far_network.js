import { execFileSync } from 'node:child_process';

function ip(...args) {
  execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

let next = process.pid % 250;

/**
 * A network namespace for a server, joined to ours by one cable. Ours has two addresses on it: `user` for whoever talks to
 * the server, and `ringback`, which ringback binds, so that its UDP alone can be cut. What is cut is lost without a word.
 */
export class FarNetwork {
  cuts = [];
  device = 'eth0';

  static open() {
    const network = new FarNetwork();
    const subnet = `198.18.${next++ % 250}`; // RFC 2544: for tests
    network.name = `ringback-far-${process.pid}-${next}`;
    network.cable = `rbfar${next}`;
    network.address = `${subnet}.2`;
    network.user = `${subnet}.1`;
    network.ringback = `${subnet}.3`;
    ip('netns', 'add', network.name);
    try {
      ip('link', 'add', network.cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', network.name);
      ip('addr', 'add', `${network.user}/24`, 'dev', network.cable);
      ip('addr', 'add', `${network.ringback}/24`, 'dev', network.cable);
      ip('link', 'set', network.cable, 'up');
      ip('-n', network.name, 'addr', 'add', `${network.address}/24`, 'dev', 'eth0');
      for (const link of ['lo', 'eth0']) ip('-n', network.name, 'link', 'set', link, 'up');
    } catch (error) {
      network.close();
      throw error;
    }
    return network;
  }

  /** What makes a program run there: [command, ...arguments]. */
  inside(binary, args) {
    return ['ip', ['netns', 'exec', this.name, binary, ...args]];
  }

  cut(where, ...what) {
    const rule = ['rule', 'add', 'pref', '100', ...what, 'blackhole'];
    ip(...where, ...rule);
    this.cuts.push([...where, ...rule.with(1, 'del')]);
  }

  /** No UDP between ringback and the server, in either direction. */
  cutUdp() {
    this.cut([], 'from', this.ringback, 'to', this.address, 'ipproto', 'udp');
    this.cut(['-n', this.name], 'to', this.ringback, 'ipproto', 'udp');
  }

  /** Nobody hears from this TCP port of the server. */
  cutTcp(port) {
    this.cut(['-n', this.name], 'ipproto', 'tcp', 'sport', String(port));
  }

  mend() {
    for (const cut of this.cuts.splice(0)) ip(...cut);
  }

  close() {
    this.mend();
    ip('netns', 'del', this.name);
  }
}
