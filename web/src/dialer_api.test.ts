import { describe, expect, it } from 'vitest';
import { DialerApi, DialerError } from './dialer_api';

interface Seen {
  path: string;
  init: RequestInit | undefined;
}

function apiThatAnswers(status: number, body: string, key = '') {
  const seen: Seen[] = [];
  const fetcher = (async (path: string, init?: RequestInit) => {
    seen.push({ path, init });
    return new Response(status === 204 ? null : body, { status });
  }) as typeof fetch;
  return { api: new DialerApi(() => key, fetcher), seen };
}

async function failureOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DialerError)) throw new Error('expected a DialerError');
  return error.failure;
}

describe('DialerApi', () => {
  it('places a call with the API key that is set at that moment', async () => {
    const answer = { roomName: 'r', token: 't', url: 'ws://localhost:7880', callId: 'w0-1' };
    const { api, seen } = apiThatAnswers(200, JSON.stringify(answer), 'secret');
    expect(await api.placeCall({ callerId: 'test', phoneNumber: '+1234567890' })).toEqual(answer);
    expect(seen[0]?.path).toBe('/api/livekit/call');
    expect(seen[0]?.init?.headers).toEqual({ Authorization: 'Bearer secret', 'Content-Type': 'application/json' });
  });

  it('escapes ids and accepts an answer without a body', async () => {
    const { api, seen } = apiThatAnswers(204, '');
    await api.hangUp('a/b');
    expect(seen[0]?.path).toBe('/api/livekit/calls/a%2Fb');
    expect(seen[0]?.init?.method).toBe('DELETE');
  });

  it('hands on the error object of a refusal', async () => {
    const error = { code: 'no_trunk', message: 'No trunk.', stage: 'trunk', action: 'Set SIP_TRUNK_URI.' };
    const { api } = apiThatAnswers(503, JSON.stringify({ error }));
    expect(await failureOf(api.placeCall({ callerId: 'test', phoneNumber: '1' }))).toEqual(error);
  });

  it('explains an answer that is not from the dialer', async () => {
    const { api } = apiThatAnswers(502, '<html>Bad gateway</html>');
    expect((await failureOf(api.call('x'))).code).toBe('http_502');
  });

  it('explains a dialer that does not answer', async () => {
    const api = new DialerApi(() => '', () => Promise.reject(new TypeError('Failed to fetch')));
    expect((await failureOf(api.call('x'))).code).toBe('dialer_unreachable');
    expect(await api.isReady()).toBe(false);
  });
});
