import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePorts } from './ports.js';
import { Program } from './program.js';
import { Recording, readWav, sine, writeWav } from './sound.js';
import { eventually } from './wait.js';

const kModules = '/usr/lib/baresip/modules';

/** A far phone played by baresip: answers at once, plays a tone and records what it hears. */
export class BaresipPhone {
  /** `options`: `tone` (Hz), `codecs` ('pcmu' ...), `answer` ('auto' or 'manual'). */
  static async start(number, options = {}) {
    const phone = new BaresipPhone();
    phone.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'baresip-'));
    phone.port = await freePorts(2);
    const rtp = await freePorts(12);
    const tone = path.join(phone.folder, 'tone.wav');
    writeWav(tone, sine(options.tone ?? 440, 60, 8000), 8000);
    fs.writeFileSync(
      path.join(phone.folder, 'config'),
      [
        `sip_listen 127.0.0.1:${phone.port}`,
        `rtp_ports ${rtp}-${rtp + 11}`,
        'call_local_timeout 120',
        'call_max_calls 4',
        'audio_path /usr/share/baresip',
        `audio_source aufile,${tone}`,
        `audio_player aubridge,nobody`,
        'audio_alert aubridge,nobody',
        'ausrc_srate 8000',
        'auplay_srate 8000',
        'ausrc_channels 1',
        'auplay_channels 1',
        'net_interface 127.0.0.1',
        `snd_path ${phone.folder}`,
        `module_path ${kModules}`,
        'module stdio.so',
        'module g711.so',
        'module aufile.so',
        'module aubridge.so',
        'module sndfile.so',
        'module_tmp account.so',
        'module_app menu.so',
        'module_app contact.so',
        'module_app debug_cmd.so',
        '',
      ].join('\n'),
    );
    fs.writeFileSync(path.join(phone.folder, 'contacts'), '');
    fs.writeFileSync(
      path.join(phone.folder, 'accounts'),
      `<sip:${number}@127.0.0.1:${phone.port}>;regint=0;answermode=${options.answer ?? 'auto'};audio_codecs=${options.codecs ?? 'pcmu,pcma'}\n`,
    );
    phone.program = new Program('baresip', 'baresip', ['-f', phone.folder, '-s'], { cwd: phone.folder });
    await phone.program.line(/baresip is ready/, 10_000);
    return phone;
  }

  get uri() {
    return `sip:127.0.0.1:${this.port}`;
  }

  /** What it has decoded so far, as a Recording. */
  async heard(seconds = 2, timeout = 15_000) {
    return eventually(`baresip to hear ${seconds} s`, timeout, () => {
      const file = fs.readdirSync(this.folder).find((name) => /^dump-.*dec\.wav$/.test(name));
      if (file === undefined) return undefined;
      const { rate, samples } = readWav(path.join(this.folder, file));
      if (samples.length < seconds * rate) return undefined;
      const recording = new Recording(rate);
      recording.add(samples);
      return recording;
    });
  }

  /** Waits until the last second that it heard is this tone. */
  async hears(frequency, options = {}) {
    return eventually(`baresip to hear ${frequency} Hz`, options.timeout ?? 15_000, async () => {
      const recording = await this.heard(1, 15_000);
      return recording.tone(frequency, { ...options, timeout: 0 }).catch(() => undefined);
    });
  }

  press(digit) {
    this.program.type(digit);
  }

  hangUp() {
    this.program.type('b');
  }

  async close() {
    await this.program.stop('SIGINT', 3000);
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
