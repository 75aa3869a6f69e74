import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts } from '../../e2e/harness/ports.js';
import { Program, run } from '../../e2e/harness/program.js';
import { eventually } from '../../e2e/harness/wait.js';
import { Redis } from './redis.js';

const kBare = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];

/** A Redis that speaks TLS only, wants client certificates, and lets one user in. */
export class SecureRedis {
  static async start() {
    const redis = new SecureRedis();
    redis.port = await freePorts(2);
    redis.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redis-tls-'));
    await redis.makeCertificates();
    const args = [
      '--port', '0', '--tls-port', String(redis.port), ...kBare, '--dir', redis.folder,
      '--tls-cert-file', redis.file('server.pem'), '--tls-key-file', redis.file('server.key'),
      '--tls-ca-cert-file', redis.file('ca.pem'), '--tls-auth-clients', 'yes',
      '--user', 'default', 'off',
      '--user', redis.user, 'on', '~*', '&*', '+@all', `>${redis.password}`,
    ];
    redis.program = new Program('redis-server', 'redis-server', args);
    await redis.program.line(/Ready to accept connections/);
    return redis;
  }

  user = 'ringback';
  password = 'p@ss/word';

  file(name) {
    return path.join(this.folder, name);
  }

  async makeCertificates() {
    const openssl = (...args) => run('openssl', args, { cwd: this.folder });
    await openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.pem');
    for (const [name, extension] of [['server', 'subjectAltName=IP:127.0.0.1'], ['client', 'extendedKeyUsage=clientAuth']]) {
      fs.writeFileSync(this.file(`${name}.ext`), extension);
      await openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      await openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`);
    }
  }

  /** Changes of the right URL; an empty parameter is left out. */
  urlWith({ user = this.user, password = this.password, ...parameters } = {}) {
    const query = Object.entries({ ca_file: this.file('ca.pem'), cert_file: this.file('client.pem'), key_file: this.file('client.key'), ...parameters })
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    return `rediss://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}?${query}`;
  }

  get url() {
    return this.urlWith();
  }

  /** The `redis` section of livekit-server's and livekit-sip's configuration. */
  get serverConfig() {
    return {
      address: `127.0.0.1:${this.port}`,
      username: this.user,
      password: this.password,
      tls: { enabled: true, ca_cert_file: this.file('ca.pem'), client_cert_file: this.file('client.pem'), client_key_file: this.file('client.key') },
    };
  }

  async close() {
    await this.program.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A master, its replica, and a sentinel that watches over them. */
export class SentinelRedis {
  static async start() {
    const redis = new SentinelRedis();
    redis.master = await Redis.start();
    redis.replica = await Redis.start('--replicaof', '127.0.0.1', String(redis.master.port));
    await redis.replica.program.line(/MASTER <-> REPLICA sync: Finished with success/);
    redis.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sentinel-'));
    redis.port = await freePorts(2);
    const file = path.join(redis.folder, 'sentinel.conf');
    fs.writeFileSync(
      file,
      [
        `port ${redis.port}`,
        'bind 127.0.0.1',
        `dir ${redis.folder}`,
        `sentinel monitor main 127.0.0.1 ${redis.master.port} 1`,
        'sentinel down-after-milliseconds main 700',
        'sentinel failover-timeout main 3000',
        '',
      ].join('\n'),
    );
    redis.program = new Program('sentinel', 'redis-server', [file, '--sentinel']);
    await redis.program.line(/\+slave slave/, 20_000);
    return redis;
  }

  get url() {
    return `redis+sentinel://127.0.0.1:${this.port}/main`;
  }

  get serverConfig() {
    return { sentinel_master_name: 'main', sentinel_addresses: [`127.0.0.1:${this.port}`] };
  }

  /** The master crashes; returns when the replica has its place. */
  async failOver() {
    await this.master.kill();
    await this.program.line(/\+switch-master main/, 20_000);
  }

  async close() {
    await this.program.stop();
    await this.replica.close();
    await this.master.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A cluster of three masters. */
export class ClusterRedis {
  static async start() {
    const cluster = new ClusterRedis();
    cluster.nodes = [];
    for (let i = 0; i < 3; ++i) {
      const bus = await freePorts(2);
      cluster.nodes.push(await Redis.start('--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-node-timeout', '2000'));
    }
    await run('redis-cli', ['--cluster', 'create', ...cluster.addresses, '--cluster-yes']);
    await eventually('the cluster to agree', 20_000, async () => {
      const states = await Promise.all(cluster.nodes.map((node) => run('redis-cli', ['-p', String(node.port), 'cluster', 'info'])));
      return states.every((state) => /cluster_state:ok/.test(state));
    });
    return cluster;
  }

  get addresses() {
    return this.nodes.map((node) => node.address);
  }

  get url() {
    return `redis+cluster://${this.addresses.join(',')}`;
  }

  get serverConfig() {
    return { cluster_addresses: this.addresses };
  }

  async close() {
    for (const node of this.nodes) await node.close();
  }
}
