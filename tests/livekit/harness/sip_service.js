import http from 'node:http';
import { AccessToken } from 'livekit-server-sdk';
import { Room } from '@livekit/rtc-node';
import { kApiKey, kApiSecret } from '../../e2e/harness/ringback.js';

/**
 * Stands for the SIP API of a LiveKit server with a SIP service behind it: keeps trunks, and joins the real room
 * as the phone's participant, whose attribute the test moves on. Speaks JSON only where it answers, and reads the
 * protobuf of requests through `decode`.
 */
export class SipServiceStandIn {
  trunks = [];
  requests = [];
  /** What CreateSIPParticipant waits for: call answer() or refuse(). */
  waiting = [];

  static async start(roomUrl, decode) {
    const service = new SipServiceStandIn();
    service.roomUrl = roomUrl;
    service.decode = decode;
    service.server = http.createServer((request, response) => void service.serve(request, response));
    await new Promise((resolve) => service.server.listen(0, '127.0.0.1', resolve));
    service.url = `http://127.0.0.1:${service.server.address().port}`;
    return service;
  }

  async serve(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const method = request.url.split('/').pop();
    const body = this.decode[method].request.fromBinary(Buffer.concat(parts));
    this.requests.push({ method, body, headers: request.headers });
    const reply = (status, type, bytes) => {
      response.writeHead(status, { 'Content-Type': type });
      response.end(bytes);
    };
    const succeed = (fields) =>
      reply(200, 'application/protobuf', Buffer.from(new this.decode[method].response(fields).toBinary()));
    const fail = (status, error) => reply(status, 'application/json', JSON.stringify(error));
    if (method === 'CreateSIPOutboundTrunk') {
      const trunk = { ...body.trunk, sipTrunkId: `ST_made${this.trunks.length + 1}` };
      this.trunks.push(trunk);
      return succeed(trunk);
    }
    if (!this.trunks.some((trunk) => trunk.sipTrunkId === body.sipTrunkId))
      return fail(404, { code: 'not_found', msg: 'twirp error unknown: requested sip trunk does not exist' });
    const phone = await this.join(body);
    this.waiting.push({
      phone,
      body,
      answer: async () => {
        await phone.localParticipant.setAttributes({ 'sip.callStatus': 'active' });
        succeed({ participantId: 'PA_x', participantIdentity: body.participantIdentity, roomName: body.roomName, sipCallId: 'SCL_x' });
      },
      refuse: async (status, error) => {
        await phone.disconnect();
        fail(status, error);
      },
    });
    return undefined;
  }

  async join(body) {
    const token = new AccessToken(kApiKey, kApiSecret, {
      identity: body.participantIdentity,
      name: body.participantName,
      attributes: { 'sip.callStatus': 'dialing', 'sip.callID': 'SCL_x' },
      ttl: 600,
    });
    token.kind = 'sip';
    token.addGrant({ roomJoin: true, room: body.roomName, canPublish: true, canUpdateOwnMetadata: true });
    const phone = new Room();
    await phone.connect(this.roomUrl, await token.toJwt(), { autoSubscribe: false, dynacast: false });
    return phone;
  }

  async close() {
    for (const { phone } of this.waiting) await phone.disconnect();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
