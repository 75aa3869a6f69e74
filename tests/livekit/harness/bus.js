import { DemoPhone } from '../../e2e/harness/demo_phone.js';
import { Ringback } from '../../e2e/harness/ringback.js';
import { RoomMember, signToken } from '../../e2e/harness/room_member.js';
import { eventually } from '../../e2e/harness/wait.js';
import { LiveKitServer } from './livekit_server.js';
import { Redis } from './redis.js';

export const kCaller = '+15550001000';

/** A Redis, a real livekit-server on it and a phone; ringbacks come to its bus as SIP service. */
export class BusWorld {
  open = [];

  static async start({ binary, phone = ['--answer-after', '600'], redis } = {}) {
    const world = new BusWorld();
    world.redis = redis ?? (await world.keep(Redis.start()));
    world.server = await world.keep(LiveKitServer.start({ redis: world.redis.serverConfig ?? { address: world.redis.address } }, binary));
    world.phone = await world.keep(DemoPhone.start(phone));
    return world;
  }

  async keep(promise) {
    const thing = await promise;
    this.open.push(thing);
    return thing;
  }

  async ringback(settings = {}) {
    return this.keep(Ringback.start({ REDIS_URL: this.redis.url, LIVEKIT_URL: this.server.url, ...settings }));
  }

  /** An outbound trunk that the server keeps; `more` as livekit-server-sdk takes it. */
  async trunk(address = this.phone.uri.replace(/^sip:/, ''), more = {}) {
    return (await this.server.sip.createSipOutboundTrunk('Far phone', address, [kCaller], more)).sipTrunkId;
  }

  /** CreateSIPParticipant of the server's own API. */
  async dial(number, room, options = {}) {
    this.trunkId ??= await this.trunk();
    return this.server.sip.createSipParticipant(options.trunkId ?? this.trunkId, number, room, { participantIdentity: 'phone', timeout: 20, ...options });
  }

  async join(room, identity = 'user') {
    const member = await RoomMember.join(this.server.url, await signToken(identity, room));
    this.open.push({ close: () => member.leave() });
    return member;
  }

  async participant(room, identity = 'phone') {
    return eventually(`${identity} in ${room}`, 10_000, async () =>
      (await this.server.rooms.listParticipants(room)).find((one) => one.identity === identity),
    );
  }

  async empty(room) {
    return eventually(`the phone to leave ${room}`, 10_000, async () => (await this.server.rooms.listParticipants(room)).length === 0);
  }

  async close() {
    for (const thing of this.open.splice(0).reverse()) await thing.close();
  }
}

/** How a call failed: what livekit-server-sdk makes of the answer. */
export async function failureOf(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the call did not fail');
}
