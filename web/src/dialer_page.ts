import { CallController } from './call_controller';
import { isLive, type CallPhase } from './call_progress';
import type { CallFailure, DialerApi } from './dialer_api';
import { eventCode, kKeypad, playKeyTone } from './dtmf';
import { describeStage, formatDuration } from './format';
import { LevelMeter } from './level_meter';
import { listMicrophones } from './microphone';
import { loadApiKey, loadPreferences, saveApiKey, savePreferences, withRecentNumber } from './preferences';

const kStatus: Record<CallPhase, string> = {
  idle: 'Ready',
  dialling: 'Dialling\u2026',
  ringing: 'Ringing\u2026',
  connected: 'Connected',
  ended: 'Call ended',
  failed: 'Call failed',
};

const kStep: Partial<Record<CallPhase, string>> = {
  ringing: 'The phone rings',
  connected: 'The phone was answered',
  ended: 'The call ended',
};

const kReadyPeriod = 15_000;

/** Binds the document to the call in it. */
export class DialerPage {
  private readonly main = this.find<HTMLElement>('main');
  private readonly number = this.find<HTMLInputElement>('#number');
  private readonly callerId = this.find<HTMLInputElement>('#caller-id');
  private readonly callerName = this.find<HTMLInputElement>('#caller-name');
  private readonly microphone = this.find<HTMLSelectElement>('#microphone');
  private readonly apiKey = this.find<HTMLInputElement>('#api-key');
  private readonly callButton = this.find<HTMLButtonElement>('#call');
  private readonly hangUpButton = this.find<HTMLButtonElement>('#hang-up');
  private readonly muteButton = this.find<HTMLButtonElement>('#mute');
  private readonly eraseButton = this.find<HTMLButtonElement>('#erase');
  private readonly elapsed = this.find<HTMLOutputElement>('#elapsed');
  private readonly story = this.find<HTMLOListElement>('#story');

  private preferences = loadPreferences(localStorage);
  private call: CallController | undefined;
  private shownPhase: CallPhase = 'idle';
  private placedAt = 0;
  private audio: AudioContext | undefined;
  private readonly meters = new Map<'mic' | 'phone', LevelMeter>();

  constructor(private readonly api: DialerApi) {}

  start(): void {
    this.callerId.value = this.preferences.callerId;
    this.callerName.value = this.preferences.callerName;
    this.apiKey.value = loadApiKey(sessionStorage);
    this.buildKeypad();
    this.showRecentNumbers();
    this.bind();
    void this.showMicrophones();
    void this.watchReadiness();
    this.render();
  }

  private find<Kind extends HTMLElement>(selector: string): Kind {
    const element = document.querySelector<Kind>(selector);
    if (element === null) throw new Error(`the page has no ${selector}`);
    return element;
  }

  private text(testId: string, value: string): void {
    this.find(`[data-testid="${testId}"]`).textContent = value;
  }

  private bind(): void {
    this.find<HTMLFormElement>('#dial-form').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.placeCall();
    });
    this.hangUpButton.addEventListener('click', () => void this.call?.hangUp());
    this.muteButton.addEventListener('click', () => this.toggleMute());
    this.eraseButton.addEventListener('click', () => {
      this.number.value = this.number.value.slice(0, -1);
    });
    this.callerId.addEventListener('change', () => this.remember());
    this.callerName.addEventListener('change', () => this.remember());
    this.apiKey.addEventListener('change', () => saveApiKey(sessionStorage, this.apiKey.value.trim()));
    this.microphone.addEventListener('change', () => {
      this.remember();
      void this.call?.useMicrophone(this.microphone.value).catch(() => this.addStep('That microphone cannot be used', 'bad'));
    });
    document.addEventListener('keydown', (event) => this.onKey(event));
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.showMicrophones());
    window.addEventListener('pagehide', () => this.call?.hangUpOnLeave());
  }

  private buildKeypad(): void {
    const keypad = this.find('#keypad');
    for (const { digit, letters } of kKeypad) {
      const key = document.createElement('button');
      key.type = 'button';
      key.className = 'key';
      key.dataset['testid'] = `key-${digit}`;
      key.dataset['digit'] = digit;
      key.setAttribute('aria-label', { '*': 'Star', '#': 'Hash' }[digit] ?? digit);
      const letter = document.createElement('small');
      letter.textContent = letters;
      key.append(digit, letter);
      key.addEventListener('click', () => this.press(digit));
      keypad.append(key);
    }
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const live = this.call !== undefined && isLive(this.call.phase);
    if (event.key === 'Escape' && live) {
      event.preventDefault();
      void this.call?.hangUp();
      return;
    }
    const target = event.target as HTMLElement;
    const typing = target.matches('input:not([readonly]), select, textarea');
    if (typing || !live) return;
    if (eventCode(event.key) !== undefined && !event.repeat) {
      event.preventDefault();
      this.press(event.key);
    } else if (event.key.toLowerCase() === 'm' && !event.repeat) {
      this.toggleMute();
    }
  }

  private press(digit: string): void {
    const key = this.find(`[data-digit="${CSS.escape(digit)}"]`);
    key.classList.add('pressed');
    window.setTimeout(() => key.classList.remove('pressed'), 120);
    playKeyTone(this.audioContext(), digit);
    const phase = this.call?.phase ?? 'idle';
    if (phase === 'connected') {
      this.call?.press(digit).catch(() => this.addStep(`${digit} could not be sent`, 'bad'));
    } else if (!isLive(phase)) {
      this.number.value += digit;
    }
  }

  private toggleMute(): void {
    if (this.call === undefined || !isLive(this.call.phase)) return;
    void this.call.setMuted(!this.call.muted).catch(() => this.addStep('Mute did not work', 'bad'));
  }

  private async placeCall(): Promise<void> {
    const number = this.number.value.trim();
    if (this.call !== undefined && isLive(this.call.phase)) return;
    if (number === '') {
      this.number.focus();
      return;
    }
    this.remember();
    this.preferences = withRecentNumber(this.preferences, number);
    savePreferences(localStorage, this.preferences);
    this.showRecentNumbers();
    this.clearStory();
    await this.audioContext().resume();

    const call = new CallController(this.api, this.find<HTMLAudioElement>('#phone-audio'), {
      onChange: () => this.render(),
      onStep: (text, tone) => this.addStep(text, tone),
      onMicrophoneTrack: (track) => this.measure('mic', track),
      onPhoneTrack: (track) => this.measure('phone', track),
    });
    this.call = call;
    this.shownPhase = 'idle';
    const name = this.callerName.value.trim();
    const request = { callerId: this.callerId.value.trim() || 'web', phoneNumber: number };
    await call.place(name === '' ? request : { ...request, callerName: name }, this.microphone.value);
    void this.showMicrophones();
  }

  private remember(): void {
    this.preferences = {
      ...this.preferences,
      callerId: this.callerId.value.trim(),
      callerName: this.callerName.value.trim(),
      microphoneId: this.microphone.value,
    };
    savePreferences(localStorage, this.preferences);
  }

  private render(): void {
    const call = this.call;
    const phase = call?.phase ?? 'idle';
    const live = isLive(phase);
    this.main.dataset['phase'] = phase;
    const muted = call !== undefined && live && call.muted;
    this.text('call-status-text', call?.reconnecting && live ? 'Reconnecting\u2026' : muted ? `${kStatus[phase]}, muted` : kStatus[phase]);
    this.number.readOnly = live;
    this.callButton.hidden = live;
    this.hangUpButton.hidden = !live;
    this.muteButton.disabled = !live;
    this.muteButton.setAttribute('aria-pressed', String(muted));
    this.eraseButton.disabled = live;
    this.text('sent-digits', live ? (call?.sentDigits ?? '') : '');
    this.showFailure(call?.progress.failure);
    this.showElapsed();
    this.text('call-id', call?.placed?.callId ?? '');
    this.text('room-name', call?.placed?.roomName ?? '');
    this.find('#ids').hidden = call?.placed === undefined;
    if (phase === this.shownPhase) return;
    this.shownPhase = phase;
    const step = kStep[phase];
    if (step !== undefined) this.addStep(step, phase === 'connected' ? 'good' : undefined);
    const failure = call?.progress.failure;
    if (phase === 'failed' && failure !== undefined) this.addStep(failure.message, 'bad');
    if (phase === 'dialling') {
      // Keys typed from now on are for the phone, not for the number.
      this.hangUpButton.focus();
      this.tick();
    }
    if (phase === 'ended' || phase === 'failed') this.number.focus();
  }

  private showFailure(failure: CallFailure | undefined): void {
    const box = this.find('#failure');
    box.hidden = failure === undefined;
    if (failure === undefined) return;
    this.text('error-cause', failure.message);
    this.text('error-action', failure.action);
    this.text('error-stage', describeStage(failure.stage));
    this.text('error-code', failure.sipStatus === undefined ? failure.code : `${failure.code}, SIP ${failure.sipStatus}`);
    if (failure.code === 'unauthorized' || failure.code === 'http_401') this.find('#api-key-field').hidden = false;
  }

  private showElapsed(): void {
    const progress = this.call?.progress;
    const seconds = progress?.durationSeconds ?? progress?.elapsedSeconds(performance.now());
    this.elapsed.hidden = seconds === undefined;
    if (seconds !== undefined) this.elapsed.textContent = formatDuration(seconds);
  }

  /** One frame of meters and clock; goes on as long as the call lives. */
  private tick(): void {
    this.showElapsed();
    for (const kind of ['mic', 'phone'] as const) this.showLevel(kind, this.meters.get(kind)?.read() ?? 0);
    if (this.call !== undefined && isLive(this.call.phase)) requestAnimationFrame(() => this.tick());
  }

  private measure(kind: 'mic' | 'phone', track: MediaStreamTrack | undefined): void {
    this.meters.get(kind)?.close();
    this.meters.delete(kind);
    if (track !== undefined) this.meters.set(kind, new LevelMeter(this.audioContext(), track));
    else this.showLevel(kind, 0);
  }

  private showLevel(kind: 'mic' | 'phone', level: number): void {
    const meter = this.find(`#${kind}-level`);
    meter.style.setProperty('--level', String(level / 100));
    meter.setAttribute('aria-valuenow', String(level));
  }

  private audioContext(): AudioContext {
    this.audio ??= new AudioContext();
    return this.audio;
  }

  private clearStory(): void {
    this.story.replaceChildren();
    this.placedAt = performance.now();
  }

  private addStep(text: string, tone?: 'good' | 'bad'): void {
    this.find('#story-empty').hidden = true;
    const line = document.createElement('li');
    if (tone !== undefined) line.className = tone;
    const time = document.createElement('time');
    time.textContent = `${((performance.now() - this.placedAt) / 1000).toFixed(1)} s`;
    const what = document.createElement('span');
    what.textContent = text;
    line.append(time, what);
    this.story.append(line);
    this.story.scrollTop = this.story.scrollHeight;
  }

  private showRecentNumbers(): void {
    const options = this.preferences.recentNumbers.map((number) => new Option(number, number));
    this.find('#recent-numbers').replaceChildren(...options);
  }

  private async showMicrophones(): Promise<void> {
    const microphones = await listMicrophones().catch(() => []);
    const options = microphones.map((device) => new Option(device.label, device.deviceId));
    this.microphone.replaceChildren(new Option('System default', ''), ...options);
    this.microphone.value = this.preferences.microphoneId;
    if (this.microphone.selectedIndex < 0) this.microphone.value = '';
  }

  private async watchReadiness(): Promise<void> {
    const ready = await this.api.isReady();
    const pill = this.find('#availability');
    pill.dataset['state'] = ready ? 'ready' : 'down';
    pill.textContent = ready ? 'ready' : 'not ready';
    pill.title = ready ? 'ringback takes calls' : 'ringback does not take calls at the moment';
    window.setTimeout(() => void this.watchReadiness(), kReadyPeriod);
  }
}
