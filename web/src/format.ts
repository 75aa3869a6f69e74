/** Seconds as people read a clock: 0:07, 12:34, 1:02:03. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** The name that a failure's stage has for a reader. */
export function describeStage(stage: string): string {
  const names: Record<string, string> = {
    request: 'Request',
    microphone: 'Microphone',
    room: 'Room',
    trunk: 'Trunk',
    resolve: 'Finding the provider',
    invite: 'Dialling',
    auth: 'Signing in at the provider',
    ringing: 'Ringing',
    answer: 'Answer',
    media: 'Audio',
    end: 'End of the call',
  };
  return names[stage] ?? stage;
}
