import type { LocalAudioTrack } from 'livekit-client';
import { CallProgress, isLive, type CallPhase } from './call_progress';
import { DialerError, type CallFailure, type CallRequest, type CallRow, type DialerApi, type PlacedCall } from './dialer_api';
import { MicrophoneError, openMicrophone } from './microphone';
import { explainUnreachableRoom } from './room_address';
import { RoomSession } from './room_session';

/** How often the call's row is read: more often while the answer is awaited, seldom afterwards. */
const kPollDialling = 1000;
const kPollConnected = 4000;
/** A row that has not ended this long after the phone left the room will not end any more. */
const kEndGrace = 4000;

/** What the page shows of the call; every function is called on the page's one thread. */
export interface CallListener {
  onChange(): void;
  onStep(text: string, tone?: 'good' | 'bad'): void;
  onMicrophoneTrack(track: MediaStreamTrack | undefined): void;
  onPhoneTrack(track: MediaStreamTrack | undefined): void;
}

/** One call from the button to its end: places it, joins its room, follows it, hangs it up. */
export class CallController {
  readonly progress = new CallProgress();
  placed: PlacedCall | undefined;
  muted = false;
  sentDigits = '';
  reconnecting = false;

  private session: RoomSession | undefined;
  private microphone: LocalAudioTrack | undefined;
  private pollTimer: number | undefined;
  private endTimer: number | undefined;
  private hungUpHere = false;

  constructor(
    private readonly api: DialerApi,
    private readonly speaker: HTMLAudioElement,
    private readonly listener: CallListener,
  ) {}

  get phase(): CallPhase {
    return this.progress.phase;
  }

  /** Resolves when the call is under way or has failed; what became of it is in `progress`. */
  async place(request: CallRequest, microphoneId: string): Promise<void> {
    this.changed(this.progress.advance('dialling', performance.now()));
    try {
      // The microphone comes first: nobody should pick up a phone and hear nothing.
      this.microphone = await openMicrophone(microphoneId);
      if (this.hungUpHere) return this.microphone.stop();
      this.listener.onMicrophoneTrack(this.microphone.mediaStreamTrack);
      this.placed = await this.api.placeCall(request);
      this.changed(true);
      if (this.hungUpHere) return await this.finishHangUp();
      const unreachable = explainUnreachableRoom(this.placed.url, new URL(location.href));
      if (unreachable !== undefined) return await this.abandon(unreachable);
      this.listener.onStep(`The room is ready; dialling ${request.phoneNumber}`);
      this.poll(0);
      await this.join(this.placed, this.microphone);
    } catch (error) {
      if (!isLive(this.phase)) return;
      if (error instanceof MicrophoneError || error instanceof DialerError) return this.fail(error.failure);
      await this.abandon({
        code: 'room_unreachable',
        message: `The room server does not let this page in: ${error instanceof Error ? error.message : String(error)}`,
        stage: 'room',
        action: 'Check that its signalling port (7880) and its media ports (UDP 7882 and up) can be reached from here.',
      });
    }
  }

  async hangUp(): Promise<void> {
    if (!isLive(this.phase) || this.hungUpHere) return;
    this.hungUpHere = true;
    this.listener.onStep('You hung up');
    if (this.placed !== undefined) await this.finishHangUp();
    else this.close('ended');
  }

  /** For a page that is being closed. */
  hangUpOnLeave(): void {
    if (isLive(this.phase) && this.placed !== undefined) this.api.hangUpOnLeave(this.placed.callId);
  }

  async setMuted(muted: boolean): Promise<void> {
    this.muted = muted;
    this.changed(true);
    await this.session?.setMuted(muted);
  }

  async useMicrophone(deviceId: string): Promise<void> {
    await this.session?.useMicrophone(deviceId);
    this.listener.onMicrophoneTrack(this.microphone?.mediaStreamTrack);
  }

  async press(digit: string): Promise<void> {
    if (this.phase !== 'connected' || this.session === undefined) return;
    this.sentDigits += digit;
    this.changed(true);
    await this.session.press(digit);
  }

  private async join(placed: PlacedCall, microphone: LocalAudioTrack): Promise<void> {
    const session = new RoomSession(
      {
        onSipStatus: (status) => this.changed(this.progress.onSipStatus(status, performance.now())),
        onPhoneTrack: (track) => this.listener.onPhoneTrack(track),
        onPhoneLeft: () => this.awaitEnd(),
        onDigit: (digit) => this.listener.onStep(`The phone pressed ${digit}`),
        onReconnecting: (reconnecting) => {
          this.reconnecting = reconnecting;
          this.listener.onStep(reconnecting ? 'Connection lost; trying again' : 'Connected to the room again');
          this.changed(true);
        },
        onClosed: (reason) => {
          if (!isLive(this.phase)) return;
          if (reason !== '') this.listener.onStep(reason);
          this.awaitEnd();
        },
      },
      this.speaker,
    );
    this.session = session;
    await session.join(placed.url, placed.token, microphone);
    if (isLive(this.phase)) this.listener.onStep('Microphone is in the room');
  }

  private poll(delay: number): void {
    clearTimeout(this.pollTimer);
    this.pollTimer = window.setTimeout(() => void this.readRow(), delay);
  }

  private async readRow(): Promise<void> {
    if (this.placed === undefined || !isLive(this.phase)) return;
    try {
      this.onRow(await this.api.call(this.placed.callId));
    } catch {
      // The room tells the call's state as well; a single row that cannot be read changes nothing.
    }
    const phase = this.phase;
    if (isLive(phase)) this.poll(this.endTimer !== undefined || phase !== 'connected' ? kPollDialling : kPollConnected);
  }

  private onRow(row: CallRow): void {
    if (!this.progress.onRow(row, performance.now())) return;
    if (isLive(this.phase)) this.changed(true);
    else this.close(this.phase);
  }

  /** The phone has gone: the row will say in a moment whether the call ended or failed. */
  private awaitEnd(): void {
    if (!isLive(this.phase) || this.hungUpHere) return;
    this.endTimer ??= window.setTimeout(() => this.close('ended'), kEndGrace);
    this.poll(0);
  }

  private async finishHangUp(): Promise<void> {
    const id = this.placed?.callId;
    this.close('ended');
    if (id === undefined) return;
    try {
      await this.api.hangUp(id);
    } catch (error) {
      // Leaving the room ends the call as well, only later.
      if (error instanceof DialerError && error.httpStatus !== 404) this.listener.onStep(error.failure.message, 'bad');
    }
  }

  /** Ends a call that this page cannot take part in. */
  private async abandon(failure: CallFailure): Promise<void> {
    this.fail(failure);
    if (this.placed !== undefined) await this.api.hangUp(this.placed.callId).catch(() => undefined);
  }

  private fail(failure: CallFailure): void {
    this.progress.fail(failure, performance.now());
    this.close('failed');
  }

  private close(phase: CallPhase): void {
    clearTimeout(this.pollTimer);
    clearTimeout(this.endTimer);
    this.progress.advance(phase, performance.now());
    this.listener.onMicrophoneTrack(undefined);
    this.listener.onPhoneTrack(undefined);
    void this.session?.leave().catch(() => undefined);
    this.microphone?.stop();
    this.changed(true);
  }

  private changed(changed: boolean): void {
    if (changed) this.listener.onChange();
  }
}
