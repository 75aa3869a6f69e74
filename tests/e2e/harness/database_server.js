import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { freePorts } from './ports.js';
import { Program, run } from './program.js';
import { eventually } from './wait.js';

/** A real MariaDB or PostgreSQL on a free port of loopback (and of another address, if need be), with its data in a temporary folder. */
class DatabaseServer {
  static async start(...more) {
    const server = new this();
    server.addresses = ['127.0.0.1', ...more].join();
    server.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringback-db-'));
    server.port = await freePorts(2);
    await server.initialise();
    await server.resume();
    return server;
  }

  /** Starts the server again, with the data that it has. */
  async resume() {
    this.program = this.launch();
    await eventually(`${this.name} to answer`, 60_000, async () => {
      if (!this.program.alive) throw new Error(`${this.name} did not start\n${this.program.tail()}`);
      return this.rows('SELECT 1').length === 1;
    });
  }

  /** At once, without a word to its clients' transactions: what it finds at its next start is a crash. */
  async kill() {
    await this.program.stop(this.crash);
  }

  /** Stands still, with its connections open. */
  freeze() {
    this.program.signal('SIGSTOP');
  }
  thaw() {
    this.program.signal('SIGCONT');
  }

  async close() {
    await this.kill();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What the database's own client answers; tab-separated fields. */
function ask(command, args, env = {}) {
  try {
    const text = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: process.env.PATH, ...env } });
    return text.split('\n').filter(Boolean).map((line) => line.split('\t'));
  } catch {
    return [];
  }
}

export class MariaDb extends DatabaseServer {
  name = 'MariaDB';
  crash = 'SIGKILL';

  async initialise() {
    const asRoot = process.getuid() === 0 ? ['--user=root'] : [];
    await run('mariadb-install-db', ['--no-defaults', `--datadir=${this.folder}/data`, '--auth-root-authentication-method=normal', '--skip-test-db', ...asRoot]);
  }

  launch() {
    const asRoot = process.getuid() === 0 ? ['--user=root'] : [];
    return new Program(this.name, fs.existsSync('/usr/sbin/mariadbd') ? '/usr/sbin/mariadbd' : 'mariadbd', [
      '--no-defaults', `--datadir=${this.folder}/data`, `--bind-address=${this.addresses}`, `--port=${this.port}`,
      `--socket=${this.folder}/socket`, '--innodb-buffer-pool-size=16M', '--skip-name-resolve', ...asRoot,
    ]);
  }

  /** For the unit tests, which make databases of their own. */
  get adminUrl() {
    return `mysql://root@127.0.0.1:${this.port}/mysql`;
  }

  async makeDatabase(name) {
    this.rows(`CREATE DATABASE ${name}`);
    this.rows(`CREATE USER ${name} IDENTIFIED BY 'p@ss/w:rd'`);
    this.rows(`GRANT ALL ON ${name}.* TO ${name}`);
    return `mysql://${name}:p%40ss%2Fw%3Ard@127.0.0.1:${this.port}/${name}`;
  }

  rows(query, database = 'mysql') {
    return ask('mariadb', ['--no-defaults', '--user=root', '--protocol=tcp', '--host=127.0.0.1', `--port=${this.port}`, '--batch', '--skip-column-names', database, `--execute=${query}`]);
  }
}

export class PostgreSql extends DatabaseServer {
  name = 'PostgreSQL';
  // Its own way to end at once: after SIGKILL the children would live on for a moment.
  crash = 'SIGQUIT';

  // PostgreSQL refuses to run as root.
  get #user() {
    if (process.getuid() !== 0) return {};
    const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    return { uid: id('-u'), gid: id('-g') };
  }

  get #programs() {
    const root = '/usr/lib/postgresql';
    const newest = fs.readdirSync(root).sort((a, b) => Number(a) - Number(b)).at(-1);
    return path.join(root, newest, 'bin');
  }

  async initialise() {
    const user = this.#user;
    if (user.uid !== undefined) fs.chownSync(this.folder, user.uid, user.gid);
    await run(path.join(this.#programs, 'initdb'), ['--pgdata', `${this.folder}/data`, '--username=admin', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'], { ...user, cwd: this.folder });
    fs.appendFileSync(`${this.folder}/data/pg_hba.conf`, 'host all all samenet trust\n');
  }

  launch() {
    fs.rmSync(`${this.folder}/data/postmaster.pid`, { force: true });
    return new Program(this.name, path.join(this.#programs, 'postgres'), [
      '-D', `${this.folder}/data`, '-h', this.addresses, '-p', String(this.port), '-k', this.folder, '-c', 'shared_buffers=16MB',
    ], { ...this.#user, cwd: this.folder });
  }

  get adminUrl() {
    return `postgresql://admin@127.0.0.1:${this.port}/postgres`;
  }

  async makeDatabase(name) {
    this.rows(`CREATE USER ${name} PASSWORD 'p@ss/w:rd'`);
    this.rows(`CREATE DATABASE ${name} OWNER ${name}`);
    return `postgresql://${name}:p%40ss%2Fw%3Ard@127.0.0.1:${this.port}/${name}`;
  }

  rows(query, database = 'postgres') {
    return ask('psql', ['--no-psqlrc', '--host=127.0.0.1', `--port=${this.port}`, '--username=admin', '--tuples-only', '--no-align', '--field-separator=\t', `--command=${query}`, database]);
  }
}

export const kServers = [MariaDb, PostgreSql];
