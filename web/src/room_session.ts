import {
  DisconnectReason,
  ParticipantKind,
  Room,
  RoomEvent,
  Track,
  type LocalAudioTrack,
  type Participant,
  type RemoteTrack,
} from 'livekit-client';
import { eventCode } from './dtmf';

/** What the room tells about the call. */
export interface RoomListener {
  onSipStatus(status: string | undefined): void;
  onPhoneTrack(track: MediaStreamTrack | undefined): void;
  onPhoneLeft(): void;
  onDigit(digit: string): void;
  onReconnecting(reconnecting: boolean): void;
  /** The session is over; nothing is reported after this. */
  onClosed(reason: string): void;
}

/** One stay in one room, as the person who calls. Not reusable: a new call gets a new session. */
export class RoomSession {
  private readonly room = new Room({
    adaptiveStream: false,
    // One phone at the other end: redundant audio would be paid for and thrown away at the bridge.
    publishDefaults: { red: false },
  });

  constructor(
    private readonly listener: RoomListener,
    private readonly speaker: HTMLAudioElement,
  ) {
    this.room
      .on(RoomEvent.ParticipantConnected, (participant) => this.reportStatus(participant))
      .on(RoomEvent.ParticipantAttributesChanged, (_changed, participant) => this.reportStatus(participant))
      .on(RoomEvent.ParticipantDisconnected, (participant) => {
        if (isPhone(participant)) listener.onPhoneLeft();
      })
      .on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
        if (isPhone(participant) && track.kind === Track.Kind.Audio) this.play(track);
      })
      .on(RoomEvent.TrackUnsubscribed, (track, _publication, participant) => {
        if (!isPhone(participant)) return;
        track.detach(this.speaker);
        listener.onPhoneTrack(undefined);
      })
      .on(RoomEvent.SipDTMFReceived, (dtmf) => listener.onDigit(dtmf.digit))
      .on(RoomEvent.Reconnecting, () => listener.onReconnecting(true))
      .on(RoomEvent.Reconnected, () => listener.onReconnecting(false))
      .on(RoomEvent.Disconnected, (reason) => listener.onClosed(describe(reason)));
  }

  async join(url: string, token: string, microphone: LocalAudioTrack): Promise<void> {
    await this.room.connect(url, token);
    await this.room.localParticipant.publishTrack(microphone, { source: Track.Source.Microphone });
    for (const participant of this.room.remoteParticipants.values()) this.reportStatus(participant);
    await this.room.startAudio().catch(() => undefined);
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.room.localParticipant.setMicrophoneEnabled(!muted);
  }

  async useMicrophone(deviceId: string): Promise<void> {
    await this.room.switchActiveDevice('audioinput', deviceId === '' ? 'default' : deviceId);
  }

  async press(digit: string): Promise<void> {
    const code = eventCode(digit);
    if (code !== undefined) await this.room.localParticipant.publishDtmf(code, digit);
  }

  /** Leaves the room and lets go of the microphone. */
  async leave(): Promise<void> {
    await this.room.disconnect(true);
  }

  private play(track: RemoteTrack): void {
    track.attach(this.speaker);
    this.listener.onPhoneTrack(track.mediaStreamTrack);
  }

  private reportStatus(participant: Participant): void {
    if (isPhone(participant)) this.listener.onSipStatus(participant.attributes['sip.callStatus']);
  }
}

function isPhone(participant: Participant): boolean {
  return participant.kind === ParticipantKind.SIP;
}

function describe(reason: DisconnectReason | undefined): string {
  switch (reason) {
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return 'The room was closed.';
    case DisconnectReason.DUPLICATE_IDENTITY:
      return 'The same caller joined this room from somewhere else.';
    case DisconnectReason.PARTICIPANT_REMOVED:
      return 'You were removed from the room.';
    case DisconnectReason.SERVER_SHUTDOWN:
      return 'The room server is shutting down.';
    case DisconnectReason.CLIENT_INITIATED:
      return '';
    default:
      return 'The connection to the room was lost.';
  }
}
