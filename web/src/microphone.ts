import { createLocalAudioTrack, type LocalAudioTrack } from 'livekit-client';
import type { CallFailure } from './dialer_api';

/** A microphone that cannot be used, with what to do about it. */
export class MicrophoneError extends Error {
  constructor(readonly failure: CallFailure) {
    super(failure.message);
  }
}

export async function openMicrophone(deviceId: string): Promise<LocalAudioTrack> {
  if (navigator.mediaDevices === undefined) {
    throw new MicrophoneError({
      code: 'page_not_secure',
      message: 'The browser gives a microphone only to pages from localhost or over https.',
      stage: 'microphone',
      action: `Open the page as http://localhost:${location.port} on the machine itself, or put it behind https.`,
    });
  }
  const constraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  try {
    return await createLocalAudioTrack(deviceId === '' ? constraints : { ...constraints, deviceId });
  } catch (error) {
    throw new MicrophoneError(explain(error));
  }
}

/** Microphones that can be chosen; without permission the browser hides their names, and there is no choice yet. */
export async function listMicrophones(): Promise<MediaDeviceInfo[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.filter((device) => device.kind === 'audioinput' && device.deviceId !== '' && device.label !== '');
}

function explain(error: unknown): CallFailure {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') {
    return {
      code: 'microphone_refused',
      message: 'The browser does not let this page use the microphone.',
      stage: 'microphone',
      action: 'Allow the microphone beside the address of this page, then call again.',
    };
  }
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return {
      code: 'microphone_missing',
      message: 'There is no microphone to speak into.',
      stage: 'microphone',
      action: 'Plug one in or choose another one, then call again.',
    };
  }
  return {
    code: 'microphone_busy',
    message: `The microphone cannot be opened (${name === '' ? 'unknown reason' : name}).`,
    stage: 'microphone',
    action: 'Close other programs that use it, then call again.',
  };
}
