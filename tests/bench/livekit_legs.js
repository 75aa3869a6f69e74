// What a phone leg costs where a real livekit-server has the rooms: CPU and memory of ringback and of the server.
// LIVEKIT_SERVER_BINARY names the server, RINGBACK_BINARY the ringback, LEGS how many legs (two share a room), SECONDS how long.
import fs from 'node:fs';
import { DemoPhone } from '../e2e/harness/demo_phone.js';
import { Ringback } from '../e2e/harness/ringback.js';
import { eventually } from '../e2e/harness/wait.js';
import { BusWorld } from '../livekit/harness/bus.js';
import { LiveKitServer } from '../livekit/harness/livekit_server.js';
import { Redis } from '../livekit/harness/redis.js';

const kLegs = Number(process.env.LEGS ?? 60);
const kSeconds = Number(process.env.SECONDS ?? 10);

/** CPU time of all threads so far, in seconds. */
function cpu(pid) {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, id) => sum + Number(fs.readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e9;
}

const memory = (pid) => Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
const udp = () => {
  const [names, values] = fs.readFileSync('/proc/net/snmp', 'utf8').split('\n').filter((line) => line.startsWith('Udp:'));
  return Number(values.split(' ')[names.split(' ').indexOf('InDatagrams')]);
};

async function measure(audio) {
  const world = new BusWorld();
  try {
    world.redis = await world.keep(Redis.start());
    world.server = await world.keep(LiveKitServer.start({ redis: { address: world.redis.address }, logging: { level: 'warn' } }));
    world.phone = await world.keep(DemoPhone.start(['--answer-after', '50'], 2 * kLegs + 20));
    const ringback = await world.keep(Ringback.start({ REDIS_URL: world.redis.url, LIVEKIT_URL: world.server.url, ROOM_AUDIO: audio, LOG_LEVEL: 'warn' }));
    const pids = { ringback: ringback.program.child.pid, 'livekit-server': world.server.program.child.pid };
    const dial = (leg) => world.dial('+15551230000', `room-${leg >> 1}`, { participantIdentity: `phone-${leg}`, waitUntilAnswered: true });
    await dial(0);
    await dial(1);
    const first = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, memory(pid)]));
    for (let leg = 2; leg < kLegs; ++leg) await dial(leg);
    await eventually('all legs to talk', 20_000, () => world.phone.events.filter(({ event }) => event === 'answered').length === kLegs);
    const before = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpu(pid)]));
    const datagrams = udp();
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, kSeconds * 1000));
    const seconds = (performance.now() - start) / 1000;
    const packets = (udp() - datagrams) / seconds / kLegs;
    for (const [name, pid] of Object.entries(pids)) {
      const share = ((cpu(pid) - before[name]) / seconds / kLegs) * 100;
      const mebibytes = (memory(pid) - first[name]) / (kLegs - 2);
      console.log(`| ${name}, ROOM_AUDIO=${audio}, ${kLegs} legs | ${share.toFixed(3)} % of a core | ${mebibytes.toFixed(3)} MiB |`);
    }
    console.log(`| UDP datagrams per leg on the machine, ROOM_AUDIO=${audio} | ${packets.toFixed(0)} /s | |`);
  } finally {
    await world.close();
  }
}

console.log('| process | CPU per leg | memory per leg |\n|---|---|---|');
for (const audio of ['g711', 'opus']) await measure(audio);
process.exit(0);
