// What a browser participant costs the embedded room server: memory (proportional set size) and CPU per participant.
// The participants are @livekit/rtc-node's, the WebRTC stack of Chromium without its window: two share a room, each
// publishes a microphone that plays a tone and hears the other.
//
// Usage: node tests/bench/participants.js [PARTICIPANTS]   (RINGBACK_BINARY: the program to measure)
import fs from 'node:fs';
import { dispose } from '@livekit/rtc-node';
import { Ringback } from '../e2e/harness/ringback.js';
import { RoomMember, signToken } from '../e2e/harness/room_member.js';
import { eventually, pause } from '../e2e/harness/wait.js';

const kParticipants = Number(process.argv[2] ?? 40);
const kWarmUp = 4;
const kSettle = 5_000;
const kMemoryLimit = 0.4;

const ringback = await Ringback.start({ LOG_LEVEL: 'warn' });
const pid = ringback.program.child.pid;

function residentKiB() {
  return Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
}

/** CPU time of all threads so far, in seconds. */
function cpuSeconds() {
  return fs
    .readdirSync(`/proc/${pid}/task`)
    .map((thread) => Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e9)
    .reduce((sum, seconds) => sum + seconds, 0);
}

const members = [];

/** Joins until there are `count`, and waits until each hears its partner. */
async function grow(count) {
  for (; members.length < count; ) {
    const index = members.length;
    const member = await RoomMember.join(ringback.roomUrl, await signToken(`member-${index}`, `bench-${index >> 1}`));
    members.push(member);
    await member.playTone(400 + index * 10);
  }
  for (const [index, member] of members.entries()) {
    await eventually(`member ${index} to hear the other`, 20_000, () => member.heard.has(`member-${index ^ 1}`));
  }
  await pause(kSettle);
}

await grow(kWarmUp);
const before = residentKiB();
await grow(kParticipants);
const memory = (residentKiB() - before) / 1024 / (kParticipants - kWarmUp);
const [cpu, time] = [cpuSeconds(), performance.now()];
await pause(kSettle);
const share = ((cpuSeconds() - cpu) / ((performance.now() - time) / 1000) / kParticipants) * 100;

console.log(`| what | must reach | measured | |
|---|---|---|---|
| memory per browser participant, ${kParticipants} of them, audio both ways | <= ${kMemoryLimit} MiB | ${memory.toFixed(3)} MiB | ${memory <= kMemoryLimit ? 'ok' : 'MISSED'} |
| CPU per browser participant | | ${share.toFixed(3)} % of a core | |`);

for (const member of members) await member.leave();
await dispose();
await ringback.close();
process.exit(memory <= kMemoryLimit ? 0 : 1);
