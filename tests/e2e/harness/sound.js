import assert from 'node:assert/strict';
import fs from 'node:fs';
import { eventually } from './wait.js';

/** Sine of `level` dBFS (0 is full scale) as 16-bit samples. */
export function sine(frequency, seconds, rate, level = -12) {
  const amplitude = 32767 * 10 ** (level / 20);
  return Int16Array.from({ length: Math.round(seconds * rate) }, (_, i) => amplitude * Math.sin((2 * Math.PI * frequency * i) / rate));
}

/** Power of one frequency, as a share of all power (0 to 1), and its level in dBFS (Goertzel). */
export function measureTone(samples, rate, frequency) {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let previous = 0;
  let before = 0;
  let energy = 0;
  for (const sample of samples) {
    const value = sample / 32768;
    const current = value + coefficient * previous - before;
    before = previous;
    previous = current;
    energy += value * value;
  }
  const magnitude = Math.sqrt(Math.max(0, previous * previous + before * before - coefficient * previous * before));
  const amplitude = (2 * magnitude) / Math.max(1, samples.length);
  const total = energy / Math.max(1, samples.length);
  return {
    share: total > 1e-10 ? Math.min(1, (amplitude * amplitude) / 2 / total) : 0,
    level: 20 * Math.log10(amplitude + 1e-9),
    loudness: 10 * Math.log10(2 * total + 1e-12),
  };
}

/** What was heard, newest last; keeps the last ten seconds. */
export class Recording {
  samples = new Int16Array(0);
  heard = 0;

  constructor(rate) {
    this.rate = rate;
  }

  add(samples) {
    this.heard += samples.length;
    const joined = new Int16Array(Math.min(this.samples.length + samples.length, this.rate * 10));
    const kept = this.samples.subarray(Math.max(0, this.samples.length + samples.length - joined.length));
    joined.set(kept);
    joined.set(samples.subarray(Math.max(0, samples.length - joined.length)), kept.length);
    this.samples = joined;
  }

  /** Forgets what was heard so far, for what is measured next to be new. */
  clear() {
    this.samples = new Int16Array(0);
  }

  last(seconds) {
    return this.samples.subarray(Math.max(0, this.samples.length - Math.round(seconds * this.rate)));
  }

  /** This tone in the last seconds; undefined until that much was heard. */
  measure(frequency, seconds = 1) {
    const window = this.last(seconds);
    return window.length < seconds * this.rate ? undefined : measureTone(window, this.rate, frequency);
  }

  /** Waits until the last second is this tone and nothing else; gives what was measured. */
  async tone(frequency, { minLevel = -35, maxLevel = 0, share = 0.8, timeout = 10_000, seconds = 1 } = {}) {
    let measured;
    try {
      return await eventually(`a tone of ${frequency} Hz`, timeout, () => {
        measured = this.measure(frequency, seconds);
        return measured?.share >= share && measured.level >= minLevel && measured.level <= maxLevel ? measured : undefined;
      });
    } catch (error) {
      assert.fail(`${error.message}; heard ${(this.heard / this.rate).toFixed(1)} s, measured ${JSON.stringify(measured)}`);
    }
  }

  /** Waits until the last half second is silent. */
  async silence({ maxLoudness = -50, timeout = 10_000 } = {}) {
    return eventually('silence', timeout, () => {
      const window = this.last(0.5);
      return window.length > 0 && measureTone(window, this.rate, 1000).loudness <= maxLoudness;
    });
  }
}

export function encodeUlaw(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(32635, Math.abs(sample)) + 132;
  const exponent = Math.floor(Math.log2(magnitude)) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

export function decodeUlaw(byte) {
  const value = ~byte & 0xff;
  const magnitude = ((((value & 0x0f) << 3) + 132) << ((value >> 4) & 7)) - 132;
  return value & 0x80 ? -magnitude : magnitude;
}

/** A tone as bytes of G.711 mu-law, 8 kHz, as sipp's rtp_stream plays it. */
export function writeUlawTone(file, frequency, seconds, level = -12) {
  fs.writeFileSync(file, Buffer.from(Array.from(sine(frequency, seconds, 8000, level), encodeUlaw)));
}

export function writeWav(file, samples, rate) {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length * 2, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length * 2, 40);
  fs.writeFileSync(file, Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]));
}

/** Samples of a 16-bit WAV file, also of one that is still being written (its lengths are not filled in yet). */
export function readWav(file) {
  const bytes = fs.readFileSync(file);
  let at = 12;
  let rate = 8000;
  let channels = 1;
  while (at + 8 <= bytes.length) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === 'fmt ') {
      channels = bytes.readUInt16LE(at + 10);
      rate = bytes.readUInt32LE(at + 12);
    }
    if (name === 'data') {
      const end = size === 0 || at + 8 + size > bytes.length ? bytes.length : at + 8 + size;
      const count = Math.floor((end - at - 8) / 2 / channels);
      return { rate, samples: Int16Array.from({ length: count }, (_, i) => bytes.readInt16LE(at + 8 + i * 2 * channels)) };
    }
    at += 8 + size + (size % 2);
  }
  return { rate, samples: new Int16Array(0) };
}
