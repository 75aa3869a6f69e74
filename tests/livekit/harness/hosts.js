import { execFileSync } from 'node:child_process';

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
let made = 0;

/** One machine of a Hosts network: a network namespace with an address of its own. */
class Host {
  constructor(name, address) {
    this.name = name;
    this.address = address;
    /** What a command line begins with to run there. */
    this.enter = ['ip', 'netns', 'exec', name];
  }
}

/** Machines on one network, as network namespaces of this one, which is on it too. Needs root. */
export class Hosts {
  hosts = [];

  static create() {
    const network = new Hosts();
    const unique = (process.pid * 8 + (made++ % 8)) % 65536;
    network.id = unique.toString(16).padStart(4, '0');
    network.device = `rb${network.id}`;
    // Of the range for tests of networks (RFC 2544), which no machine has.
    network.prefix = `198.${18 + (unique >> 15)}.${(unique >> 7) & 255}`;
    network.address = `${network.prefix}.1`;
    ip('link', 'add', network.device, 'type', 'bridge');
    ip('address', 'add', `${network.address}/24`, 'dev', network.device);
    ip('link', 'set', network.device, 'up');
    process.on('exit', () => network.close());
    return network;
  }

  add() {
    const number = this.hosts.length + 2;
    const host = new Host(`rb${this.id}n${number}`, `${this.prefix}.${number}`);
    ip('netns', 'add', host.name);
    this.hosts.push(host);
    ip('link', 'add', `${this.device}v${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host.name);
    ip('link', 'set', `${this.device}v${number}`, 'master', this.device, 'up');
    ip('-n', host.name, 'address', 'add', `${host.address}/24`, 'dev', 'eth0');
    ip('-n', host.name, 'link', 'set', 'lo', 'up');
    ip('-n', host.name, 'link', 'set', 'eth0', 'up');
    return host;
  }

  /** Their network devices go with them. */
  close() {
    for (const host of this.hosts.splice(0)) ip('netns', 'delete', host.name);
    if (this.device) ip('link', 'delete', this.device);
    this.device = undefined;
  }
}
