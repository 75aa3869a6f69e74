import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { sine, writeWav } from './sound.js';
import { kPatience } from './wait.js';

const kChromium = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Chromium whose microphone plays a known tone. */
export class Browser {
  static async start(microphoneTone = 1000) {
    const browser = new Browser();
    browser.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'));
    const wav = path.join(browser.folder, 'microphone.wav');
    writeWav(wav, sine(microphoneTone, 5, 48_000), 48_000);
    browser.chromium = await chromium.launch({
      executablePath: kChromium,
      args: [
        '--no-sandbox',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${wav}`,
        '--autoplay-policy=no-user-gesture-required',
      ],
    });
    return browser;
  }

  async open(url, options = {}) {
    const context = await this.chromium.newContext({ permissions: ['microphone'], ...options });
    const page = await context.newPage();
    page.messages = [];
    page.on('console', (message) => page.messages.push(message.text()));
    page.on('pageerror', (error) => page.messages.push(`page error: ${error.message}`));
    await page.goto(url);
    return page;
  }

  async close() {
    await this.chromium.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Waits until what an <audio> element plays is a tone of this frequency, and gives its level in dB below full scale.
 * The measuring is WebAudio's own: an analyser on the element's stream.
 */
export async function heardTone(page, selector, frequency, timeout = 15_000 * kPatience) {
  return page.evaluate(
    async ({ selector, frequency, timeout }) => {
      const deadline = performance.now() + timeout;
      const context = new AudioContext();
      await context.resume();
      const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
      const spectrum = new Float32Array(analyser.frequencyBinCount);
      let stream;
      let last = 'nothing';
      while (performance.now() < deadline) {
        const now = document.querySelector(selector)?.srcObject ?? undefined;
        if (now !== undefined && now !== stream && now.getAudioTracks().length > 0) {
          stream = now;
          context.createMediaStreamSource(stream).connect(analyser);
        }
        await new Promise((resolve) => setTimeout(resolve, 250));
        if (stream === undefined) continue;
        analyser.getFloatFrequencyData(spectrum);
        const loudest = spectrum.indexOf(Math.max(...spectrum));
        const heard = (loudest * context.sampleRate) / analyser.fftSize;
        last = `${Math.round(heard)} Hz at ${spectrum[loudest].toFixed(1)} dB`;
        if (Math.abs(heard - frequency) < 12 && spectrum[loudest] > -45) {
          await context.close();
          return spectrum[loudest];
        }
      }
      throw new Error(`no tone of ${frequency} Hz in ${selector}; last heard ${last}`);
    },
    { selector, frequency, timeout },
  );
}
