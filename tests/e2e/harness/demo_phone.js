import { freePorts } from './ports.js';
import { Program } from './program.js';
import { kBinary } from './ringback.js';
import { eventually } from './wait.js';

/** A far phone played by `ringback phone`, in a process of its own; tells as JSON lines what happens to it. */
export class DemoPhone {
  /** `rtpPorts`: two for each call at once. */
  static async start(args = [], rtpPorts = 40, address = '127.0.0.1') {
    const phone = new DemoPhone();
    phone.address = address;
    phone.port = await freePorts(2);
    const rtp = await freePorts(rtpPorts);
    const where = ['--listen', `${address}:${phone.port}`, '--rtp-range', `${rtp}-${rtp + rtpPorts - 1}`];
    phone.program = new Program('ringback phone', kBinary, ['phone', '--json', ...where, ...args]);
    await phone.event('ready');
    return phone;
  }

  get uri() {
    return `sip:${this.address}:${this.port}`;
  }

  get events() {
    return this.program.lines.flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }

  /** Waits for the first event of this kind, for example 'dtmf'. */
  async event(kind, matches = () => true, timeout = 10_000) {
    try {
      return await eventually(`the demo phone's event ${kind}`, timeout, () =>
        this.events.find((event) => event.event === kind && matches(event)),
      );
    } catch (error) {
      throw new Error(`${error.message}\n${this.program.tail()}`);
    }
  }

  /** Waits until it hears this tone; its own measurement, once a second. */
  async hears(frequency, minLevel = -35, timeout = 10_000) {
    const after = this.events.length;
    const heard = (event) => Math.abs(event.hz - frequency) < 10 && event.toneDbm0 > minLevel && event.noiseDbm0 < event.toneDbm0 - 10;
    try {
      return await eventually(`the demo phone to hear ${frequency} Hz`, timeout, () =>
        this.events.slice(after).find((event) => event.event === 'audio' && heard(event)),
      );
    } catch (error) {
      throw new Error(`${error.message}\n${this.program.tail()}`);
    }
  }

  get digits() {
    return this.events.filter((event) => event.event === 'dtmf').map((event) => event.digit);
  }

  async close() {
    await this.program.stop();
  }
}
