import { describe, expect, it } from 'vitest';
import { CallProgress } from './call_progress';
import type { CallRow } from './dialer_api';

function row(status: CallRow['status'], more: Partial<CallRow> = {}): CallRow {
  return { id: 'w0-1', roomName: 'call_web_1_1', phoneNumber: '+15551230000', status, ...more };
}

describe('CallProgress', () => {
  it('follows a call that is answered and ends', () => {
    const call = new CallProgress();
    expect(call.advance('dialling', 0)).toBe(true);
    expect(call.onRow(row('ringing'), 500)).toBe(true);
    expect(call.onSipStatus('active', 2000)).toBe(true);
    expect(call.elapsedSeconds(9_500)).toBe(7);
    expect(call.onRow(row('ended', { durationSeconds: 8 }), 10_000)).toBe(true);
    expect(call.phase).toBe('ended');
    expect(call.durationSeconds).toBe(8);
  });

  it('never moves backwards when its two sources disagree about the moment', () => {
    const call = new CallProgress();
    call.advance('dialling', 0);
    call.onSipStatus('active', 1000);
    expect(call.onRow(row('ringing'), 1100)).toBe(false);
    expect(call.onSipStatus('ringing', 1200)).toBe(false);
    expect(call.phase).toBe('connected');
    expect(call.connectedAt).toBe(1000);
  });

  it('leaves the end of the call to the row', () => {
    const call = new CallProgress();
    call.advance('ringing', 0);
    expect(call.onSipStatus('hangup', 10)).toBe(false);
    expect(call.phase).toBe('ringing');
  });

  it('keeps the reason of a failed call', () => {
    const call = new CallProgress();
    call.advance('dialling', 0);
    const error = { code: 'busy', message: 'The phone is busy.', stage: 'ringing', action: 'Try later.', sipStatus: 486 };
    call.onRow(row('failed', { error }), 300);
    expect(call.phase).toBe('failed');
    expect(call.failure).toEqual(error);
    expect(call.durationSeconds).toBeUndefined();
  });

  it('does not change a call that is over', () => {
    const call = new CallProgress();
    call.advance('ended', 0);
    expect(call.fail({ code: 'x', message: '', stage: '', action: '' }, 1)).toBe(false);
    expect(call.onRow(row('connected'), 2)).toBe(false);
    expect(call.phase).toBe('ended');
  });
});
