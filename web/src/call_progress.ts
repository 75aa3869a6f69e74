import type { CallFailure, CallRow } from './dialer_api';

/** Where a call stands, in the order in which a call can go through it. */
export type CallPhase = 'idle' | 'dialling' | 'ringing' | 'connected' | 'ended' | 'failed';

const kRank: Record<CallPhase, number> = { idle: 0, dialling: 1, ringing: 2, connected: 3, ended: 4, failed: 4 };

const kPhaseOfRow: Record<CallRow['status'], CallPhase> = {
  initiated: 'dialling',
  ringing: 'ringing',
  connected: 'connected',
  ended: 'ended',
  failed: 'failed',
};

const kPhaseOfSipStatus: Record<string, CallPhase> = {
  dialing: 'dialling',
  ringing: 'ringing',
  automation: 'connected',
  active: 'connected',
};

export function isLive(phase: CallPhase): boolean {
  return phase === 'dialling' || phase === 'ringing' || phase === 'connected';
}

/**
 * What is known about one call. Its two sources, the SIP participant's `sip.callStatus` in the room and the call's row
 * at the dialer, arrive in any order; the call only ever moves forward, and only the row can say how it ended.
 */
export class CallProgress {
  phase: CallPhase = 'idle';
  /** Milliseconds of `performance.now()` at which the phone was answered. */
  connectedAt: number | undefined;
  durationSeconds: number | undefined;
  failure: CallFailure | undefined;

  /** Moves forward to `phase`; tells whether that changed anything. */
  advance(phase: CallPhase, now: number): boolean {
    if (kRank[phase] <= kRank[this.phase]) return false;
    this.phase = phase;
    if (phase === 'connected') this.connectedAt = now;
    if (phase === 'ended' || phase === 'failed') this.durationSeconds ??= this.elapsedSeconds(now);
    return true;
  }

  fail(failure: CallFailure, now: number): boolean {
    if (!this.advance('failed', now)) return false;
    this.failure = failure;
    return true;
  }

  onRow(row: CallRow, now: number): boolean {
    const phase = kPhaseOfRow[row.status];
    if (phase === 'failed') {
      return this.fail(row.error ?? { code: 'failed', message: 'The call failed.', stage: '', action: '' }, now);
    }
    if (phase === 'ended' && row.durationSeconds != null) this.durationSeconds ??= row.durationSeconds;
    return this.advance(phase, now);
  }

  /** `hangup` and unknown values change nothing here: the row tells how the call ended. */
  onSipStatus(status: string | undefined, now: number): boolean {
    const phase = status === undefined ? undefined : kPhaseOfSipStatus[status];
    return phase !== undefined && this.advance(phase, now);
  }

  elapsedSeconds(now: number): number | undefined {
    return this.connectedAt === undefined ? undefined : Math.floor((now - this.connectedAt) / 1000);
  }
}
