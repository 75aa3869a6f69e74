import assert from 'node:assert/strict';
import { DemoPhone } from '../../e2e/harness/demo_phone.js';
import { freePorts } from '../../e2e/harness/ports.js';
import { Ringback } from '../../e2e/harness/ringback.js';
import { eventually, pause } from '../../e2e/harness/wait.js';
import { LiveKitServer } from './livekit_server.js';
import { usage } from './usage.js';

const kAtOnce = 10;
const kPorts = 2000;
/** ParticipantInfo.State: its media connection stands. */
const kActive = 2;

/**
 * Calls whose phones join a room of a real livekit-server and leave it, `count` of them: nothing of them may be left, and
 * the second half may not need more memory than the first. `settleBetween` compares when SIP has forgotten each half
 * (32 s after its end), and so finds smaller leaks.
 */
export async function joinAndLeave(t, count, { settleBetween = false } = {}) {
  const server = await LiveKitServer.start();
  t.after(() => server.close());
  // Both sides let the ports of a call rest for a while.
  const phone = await DemoPhone.start(['--answer-after', '0'], kPorts);
  t.after(() => phone.close());
  const rtp = await freePorts(kPorts);
  const ringback = await Ringback.start({
    SIP_TRUNK_URI: phone.uri,
    LIVEKIT_URL: server.url,
    LOG_LEVEL: 'warn',
    RTP_PORT_RANGE: `${rtp}-${rtp + kPorts - 1}`,
  });
  t.after(() => ringback.close());

  async function oneCall() {
    const { callId, roomName } = await ringback.place('+15551230000');
    await ringback.status(callId, 'connected');
    await eventually('the phone to have a media connection', 10_000, async () =>
      (await server.rooms.listParticipants(roomName)).some(({ state }) => state === kActive),
    );
    await ringback.hangUp(callId);
    assert.equal((await ringback.status(callId, 'ended')).reason, 'user_hung_up');
  }
  async function calls(number) {
    let left = number;
    const caller = async () => {
      while (left-- > 0) await oneCall();
    };
    await Promise.all(Array.from({ length: kAtOnce }, caller));
  }
  /** What ringback holds when this is reached. */
  async function usageWhen(what, reached) {
    let now;
    try {
      await eventually(what, 90_000, async () => {
        now = await usage(ringback);
        await pause(500);
        return reached(now);
      });
    } catch (error) {
      throw new Error(`${error.message}; now ${JSON.stringify(now)}`);
    }
    return now;
  }

  const idle = await usageWhen('the first sample', ({ timers }) => timers > 0);
  // The question for the usage itself is one connection with its timer.
  const settled = ({ files, sockets, timers, threads, calls: live }) =>
    live === 0 && files <= idle.files + 1 && sockets <= idle.sockets + 1 && timers <= idle.timers + 1 && threads === idle.threads;
  // The first half fills pools and caches, and SIP's memory of calls that are over.
  await calls(count / 2);
  const before = settleBetween ? await usageWhen('the first half to be forgotten', settled) : await usage(ringback);
  const started = performance.now();
  await calls(count / 2);
  const seconds = Math.round((performance.now() - started) / 1000);
  const after = await usageWhen('all calls to be forgotten', settled);
  t.diagnostic(JSON.stringify({ seconds, idle, before, after }));

  const growth = after.pssKiB - before.pssKiB;
  assert.ok(growth < before.pssKiB * 0.05 + 1024, `PSS of ${before.pssKiB} KiB has grown by ${growth} KiB`);
  await eventually('the rooms to be empty', 10_000, async () =>
    (await server.rooms.listRooms()).every(({ numParticipants }) => numParticipants === 0),
  );
}
