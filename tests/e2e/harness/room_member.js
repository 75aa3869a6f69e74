import { once } from 'node:events';
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { AccessToken } from 'livekit-server-sdk';
import { Recording, sine } from './sound.js';
import { kApiKey, kApiSecret } from './ringback.js';
import { eventually } from './wait.js';

const kRate = 48_000;

/** A token for a room as an operator would sign it. */
export async function signToken(identity, room, grant = {}) {
  const token = new AccessToken(kApiKey, kApiSecret, { identity, name: identity, ttl: 600 });
  token.addGrant({ roomJoin: true, room, canPublish: true, canSubscribe: true, canPublishData: true, ...grant });
  return token.toJwt();
}

/** A participant through @livekit/rtc-node: hears every audio track and can play a tone. */
export class RoomMember {
  room = new Room();
  /** Recording by participant identity. */
  heard = new Map();
  digits = [];
  /** Identities of everybody who was told to speak. */
  speakers = new Set();
  playing = false;

  static async join(url, token) {
    const member = new RoomMember();
    member.room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
      if (track.kind === TrackKind.KIND_AUDIO) void member.listen(track, participant.identity);
    });
    member.room.on(RoomEvent.DtmfReceived, (code, digit, participant) => {
      member.digits.push({ code, digit, from: participant?.identity });
    });
    member.room.on(RoomEvent.ActiveSpeakersChanged, (now) => now.forEach(({ identity }) => member.speakers.add(identity)));
    await member.room.connect(url, token, { autoSubscribe: true, dynacast: false });
    return member;
  }

  async listen(track, identity) {
    const recording = new Recording(kRate);
    this.heard.set(identity, recording);
    const stream = new AudioStream(track, { sampleRate: kRate, numChannels: 1 });
    for await (const frame of stream) recording.add(frame.data);
  }

  /** What this participant sends, once it can be heard. */
  async recording(identity, timeout = 10_000) {
    return eventually(`audio of ${identity}`, timeout, () => this.heard.get(identity));
  }

  /** Waits for a second of this tone that was not heard before now, by whatever track it comes. */
  async hearsAgain(identity, frequency, timeout = 15_000) {
    this.heard.get(identity)?.clear();
    await eventually(`${frequency} Hz of ${identity} again`, timeout, () => this.heard.get(identity)?.measure(frequency)?.share >= 0.8);
  }

  /** Publishes a microphone that plays a tone until leave() or hush(). */
  async playTone(frequency, level = -12) {
    const source = new AudioSource(kRate, 1);
    const track = LocalAudioTrack.createAudioTrack('microphone', source);
    const options = new TrackPublishOptions();
    options.source = TrackSource.SOURCE_MICROPHONE;
    this.publication = await this.room.localParticipant.publishTrack(track, options);
    this.playing = true;
    this.player = this.play(source, sine(frequency, 1, kRate, level));
    return track;
  }

  async play(source, second) {
    const step = kRate / 50;
    for (let at = 0; this.playing; at = (at + step) % second.length) {
      await source.captureFrame(new AudioFrame(second.slice(at, at + step), kRate, 1, step));
    }
  }

  async hush() {
    this.playing = false;
    await this.player;
  }

  get others() {
    return [...this.room.remoteParticipants.values()];
  }

  /** Waits for the phone's participant. */
  async phone(identity = 'sip-caller', timeout = 10_000) {
    return eventually(`participant ${identity}`, timeout, () => this.room.remoteParticipants.get(identity));
  }

  async phoneStatus(wanted, identity = 'sip-caller', timeout = 10_000) {
    return eventually(`sip.callStatus ${wanted}`, timeout, () => {
      const status = this.room.remoteParticipants.get(identity)?.attributes['sip.callStatus'];
      return [wanted].flat().includes(status) ? status : undefined;
    });
  }

  async phoneGone(identity = 'sip-caller', timeout = 10_000) {
    return eventually(`${identity} to leave`, timeout, () => !this.room.remoteParticipants.has(identity));
  }

  async leave() {
    this.playing = false;
    await this.player;
    if (this.room.isConnected) {
      const gone = once(this.room, RoomEvent.Disconnected);
      await this.room.disconnect();
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 1000))]);
    }
  }
}
