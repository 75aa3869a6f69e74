import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { eventually } from './wait.js';

const running = new Set();

process.on('exit', () => {
  for (const program of running) program.child.kill('SIGKILL');
});

/** A program of its own: a far phone, a server, a browser. Its lines are kept for failures to show. */
export class Program {
  lines = [];

  constructor(name, command, args, options = {}) {
    this.name = name;
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    running.add(this);
    this.exited = new Promise((resolve) => {
      this.child.on('exit', (code, signal) => {
        running.delete(this);
        this.exitCode = code;
        this.exitSignal = signal;
        resolve({ code, signal });
      });
      this.child.on('error', (error) => {
        running.delete(this);
        this.lines.push(String(error));
        this.exitCode = -1;
        resolve({ code: -1, signal: null });
      });
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.onLine?.(line);
      });
    }
  }

  get alive() {
    return this.exitCode === undefined;
  }

  /** Waits for a line that matches, also among those written before. */
  async line(pattern, timeout = 10_000) {
    return eventually(`${this.name} to write ${pattern}`, timeout, () => {
      const found = this.lines.find((line) => pattern.test(line));
      if (found === undefined && !this.alive) throw new Error(`${this.name} has exited\n${this.tail()}`);
      return found;
    });
  }

  type(text) {
    this.child.stdin.write(text);
  }

  signal(name) {
    if (this.alive) this.child.kill(name);
  }

  /** Asks it to end and waits; a program that does not within `grace` is killed. */
  async stop(name = 'SIGTERM', grace = 5000) {
    if (!this.alive) return { code: this.exitCode, signal: this.exitSignal };
    this.child.kill(name);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), grace);
    const result = await this.exited;
    clearTimeout(timer);
    return result;
  }

  tail(count = 40) {
    return this.lines.slice(-count).join('\n');
  }
}

/** Runs a program to its end; fails when it fails. */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${text}`);
  return text;
}
