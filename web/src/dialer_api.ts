/** Why a call did not come about or broke off, as the dialer explains it. */
export interface CallFailure {
  code: string;
  message: string;
  /** The step of the call that failed: request, room, trunk, resolve, invite, auth, ringing, answer, media, end. */
  stage: string;
  /** What to change so that the next call succeeds. */
  action: string;
  sipStatus?: number;
}

export interface CallRequest {
  callerId: string;
  phoneNumber: string;
  callerName?: string;
  prospectId?: string;
}

export interface PlacedCall {
  callId: string;
  roomName: string;
  token: string;
  url: string;
}

export interface CallRow {
  id: string;
  roomName: string;
  status: 'initiated' | 'ringing' | 'connected' | 'ended' | 'failed';
  phoneNumber: string;
  durationSeconds?: number | null;
  error?: CallFailure | null;
}

/** A request that the dialer refused, or that never reached it. */
export class DialerError extends Error {
  constructor(
    readonly failure: CallFailure,
    readonly httpStatus: number,
  ) {
    super(failure.message);
  }
}

/** The dialer's HTTP API. `apiKey` is asked anew for each request, so that a key typed later is used. */
export class DialerApi {
  constructor(
    private readonly apiKey: () => string,
    private readonly fetcher: typeof fetch = (...args) => fetch(...args),
  ) {}

  placeCall(request: CallRequest): Promise<PlacedCall> {
    return this.exchange<PlacedCall>('POST', '/api/livekit/call', request);
  }

  call(id: string): Promise<CallRow> {
    return this.exchange<CallRow>('GET', `/api/livekit/calls/${encodeURIComponent(id)}`);
  }

  async hangUp(id: string): Promise<void> {
    await this.exchange('DELETE', `/api/livekit/calls/${encodeURIComponent(id)}`);
  }

  /** Hangs up while the page is being closed, when no answer can be awaited any more. */
  hangUpOnLeave(id: string): void {
    void this.fetcher(`/api/livekit/calls/${encodeURIComponent(id)}`, {
      method: 'DELETE',
      keepalive: true,
      headers: this.headers(),
    }).catch(() => undefined);
  }

  async isReady(): Promise<boolean> {
    try {
      return (await this.fetcher('/readyz')).ok;
    } catch {
      return false;
    }
  }

  private headers(): Record<string, string> {
    const key = this.apiKey();
    return key === '' ? {} : { Authorization: `Bearer ${key}` };
  }

  private async exchange<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const init: RequestInit = { method, headers: this.headers() };
    if (body !== undefined) {
      init.headers = { ...this.headers(), 'Content-Type': 'application/json' };
      init.body = JSON.stringify(body);
    }
    let response: Response;
    try {
      response = await this.fetcher(path, init);
    } catch {
      throw new DialerError(
        {
          code: 'dialer_unreachable',
          message: 'The dialer does not answer.',
          stage: 'request',
          action: 'Check that ringback is still running, then try again.',
        },
        0,
      );
    }
    const text = await response.text();
    const answer = parseJson(text);
    if (!response.ok) throw new DialerError(failureOf(answer, response.status), response.status);
    return answer as Answer;
  }
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error object of an answer; a proxy in between may answer with something else entirely. */
function failureOf(answer: unknown, httpStatus: number): CallFailure {
  const error = (answer as { error?: Partial<CallFailure> } | undefined)?.error;
  const failure: CallFailure = {
    code: error?.code ?? `http_${httpStatus}`,
    message: error?.message ?? `The dialer answered with HTTP status ${httpStatus}.`,
    stage: error?.stage ?? 'request',
    action: error?.action ?? 'Look into the log of ringback.',
  };
  if (error?.sipStatus !== undefined) failure.sipStatus = error.sipStatus;
  return failure;
}
