/** What the page remembers on this machine; the API key only until the tab closes. */
export interface Preferences {
  callerId: string;
  callerName: string;
  microphoneId: string;
  recentNumbers: string[];
}

const kKey = 'ringback.preferences';
const kApiKey = 'ringback.apiKey';
const kMostRecent = 8;

const kDefaults: Preferences = { callerId: 'web', callerName: '', microphoneId: '', recentNumbers: [] };

export function loadPreferences(storage: Storage): Preferences {
  try {
    const stored = JSON.parse(storage.getItem(kKey) ?? '{}') as Partial<Preferences>;
    const text = (value: unknown, otherwise: string) => (typeof value === 'string' ? value : otherwise);
    return {
      callerId: text(stored.callerId, kDefaults.callerId),
      callerName: text(stored.callerName, kDefaults.callerName),
      microphoneId: text(stored.microphoneId, kDefaults.microphoneId),
      recentNumbers: Array.isArray(stored.recentNumbers)
        ? stored.recentNumbers.filter((number) => typeof number === 'string').slice(0, kMostRecent)
        : [],
    };
  } catch {
    return { ...kDefaults };
  }
}

export function savePreferences(storage: Storage, preferences: Preferences): void {
  try {
    storage.setItem(kKey, JSON.stringify(preferences));
  } catch {
    // A browser that stores nothing (private window, full disk) still makes calls.
  }
}

export function withRecentNumber(preferences: Preferences, number: string): Preferences {
  const others = preferences.recentNumbers.filter((known) => known !== number);
  return { ...preferences, recentNumbers: [number, ...others].slice(0, kMostRecent) };
}

export function loadApiKey(storage: Storage): string {
  return storage.getItem(kApiKey) ?? '';
}

export function saveApiKey(storage: Storage, key: string): void {
  storage.setItem(kApiKey, key);
}
