import { Ringback } from './ringback.js';
import { RoomMember } from './room_member.js';
import { RtpPeer } from './rtp_peer.js';
import { SippPhone } from './sipp.js';

/** What one test opens around a ringback. */
export class Scene {
  opened = [];

  /** `settings` gives those that every ringback of these tests has besides its trunk. */
  constructor(settings = () => ({})) {
    this.settings = settings;
  }

  add(thing) {
    this.opened.push(thing);
    return thing;
  }

  /** A ringback whose trunk is this phone. */
  async ringback(trunk, settings = {}) {
    return this.add(await Ringback.start({ SIP_TRUNK_URI: trunk, SIP_TRUNK_NUMBER: '+15550001000', ...this.settings(), ...settings }));
  }

  /** A phone played by sipp, and a call to it. */
  async callSipp(scenario, options = {}, settings = {}) {
    const phone = this.add(await SippPhone.start(scenario, options));
    const ringback = await this.ringback(options.transport === 'tcp' ? `${phone.uri};transport=tcp` : phone.uri, settings);
    const placed = await ringback.place('+15551230000');
    return { phone, ringback, placed };
  }

  /** The user of a call. */
  async join(placed) {
    const member = await RoomMember.join(placed.url, placed.token);
    this.add({ close: () => member.leave() });
    return member;
  }

  async peer() {
    return this.add(await RtpPeer.open());
  }

  /** Ends it all, the newest first. */
  async close() {
    for (const thing of this.opened.splice(0).reverse()) await thing.close();
  }
}
