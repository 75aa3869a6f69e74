import { describe, expect, it } from 'vitest';
import { eventCode, kKeypad } from './dtmf';
import { describeStage, formatDuration } from './format';
import { levelOf } from './level_meter';
import { loadPreferences, savePreferences, withRecentNumber } from './preferences';

function memoryStorage(content: Record<string, string> = {}): Storage {
  const items = new Map(Object.entries(content));
  return {
    get length() {
      return items.size;
    },
    clear: () => items.clear(),
    getItem: (key) => items.get(key) ?? null,
    key: (index) => [...items.keys()][index] ?? null,
    removeItem: (key) => void items.delete(key),
    setItem: (key, value) => void items.set(key, value),
  };
}

describe('keypad', () => {
  it('has the twelve keys with their RFC 4733 event codes', () => {
    expect(kKeypad.map((key) => eventCode(key.digit))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 11]);
    expect(eventCode('x')).toBeUndefined();
    expect(eventCode('12')).toBeUndefined();
  });
});

describe('clock', () => {
  it.each([
    [0, '0:00'],
    [7.9, '0:07'],
    [754, '12:34'],
    [3723, '1:02:03'],
    [-1, '0:00'],
  ])('shows %d seconds as %s', (seconds, shown) => expect(formatDuration(seconds)).toBe(shown));
});

describe('failure', () => {
  it('names stages in words and keeps a stage that it does not know', () => {
    expect(describeStage('auth')).toBe('Signing in at the provider');
    expect(describeStage('teleport')).toBe('teleport');
  });
});

describe('level', () => {
  it('is 0 for silence and 100 for full scale', () => {
    expect(levelOf(new Float32Array(64))).toBe(0);
    expect(levelOf(new Float32Array(64).fill(1))).toBe(100);
    expect(levelOf(new Float32Array(64).fill(0.0316))).toBe(50);
  });
});

describe('preferences', () => {
  it('survive a round trip', () => {
    const storage = memoryStorage();
    const preferences = { callerId: 'anna', callerName: 'Anna', microphoneId: 'usb', recentNumbers: ['+1555'] };
    savePreferences(storage, preferences);
    expect(loadPreferences(storage)).toEqual(preferences);
  });

  it('fall back to defaults when what is stored is broken', () => {
    expect(loadPreferences(memoryStorage({ 'ringback.preferences': '{"callerId": 5' })).callerId).toBe('web');
    expect(loadPreferences(memoryStorage({ 'ringback.preferences': '{"callerId": 5}' })).callerId).toBe('web');
  });

  it('keep the last eight numbers, each once, newest first', () => {
    let preferences = loadPreferences(memoryStorage());
    for (let i = 0; i < 10; i++) preferences = withRecentNumber(preferences, `+${i}`);
    preferences = withRecentNumber(preferences, '+5');
    expect(preferences.recentNumbers).toEqual(['+5', '+9', '+8', '+7', '+6', '+4', '+3', '+2']);
  });
});
