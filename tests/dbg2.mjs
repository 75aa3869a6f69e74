import { DemoPhone } from './e2e/harness/demo_phone.js';
import { Ringback } from './e2e/harness/ringback.js';
import { RoomMember } from './e2e/harness/room_member.js';
import { LivekitServer } from './livekit/harness/livekit_server.js';
const server = await LivekitServer.start(process.env.SRV);
const phone = await DemoPhone.start(['--answer-after', '600']);
const ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri, LIVEKIT_URL: server.url, LOG_LEVEL: 'debug', LOG_FORMAT: 'text' });
for (let i = 0; i < 6; i++) {
  const placed = await ringback.place('+1234567890');
  const user = await RoomMember.join(placed.url, placed.token);
  await user.playTone(1000);
  await ringback.status(placed.callId, 'connected');
  try { await phone.hears(1000, -35, 5000); console.log(i, 'ok'); } catch { 
    console.log(i, 'SILENT'); const id = placed.callId;
    console.log(ringback.program.lines.filter((l) => l.includes(id)).join('\n'));
    console.log('--- server'); console.log(server.program.lines.filter((l) => l.includes(placed.roomName)).map((l) => l.slice(0, 700)).join('\n'));
  }
  await ringback.hangUp(placed.callId); await user.leave();
}
await ringback.close(); await phone.close(); await server.close(); process.exit(0);
