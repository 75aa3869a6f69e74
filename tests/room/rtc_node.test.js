// @livekit/rtc-node against the room server alone: what its applications do, by both ways of signalling.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { dispose, RoomEvent, SimulateScenarioKind } from '@livekit/rtc-node';
import { RoomMember, signToken } from '../e2e/harness/room_member.js';
import { eventually, pause } from '../e2e/harness/wait.js';
import { kSignallings, RoomServer } from './room_server.js';

after(() => dispose());

for (const { name, environment } of kSignallings) {
  describe(`rtc-node, ${name}`, () => {
    let server;
    let number = 0;
    let room;
    let alice;
    let bob;
    before(async () => (server = await RoomServer.start(environment)));
    after(async () => assert.equal(await server.close(), 0));

    async function meet() {
      room = `room-${++number}`;
      alice = await RoomMember.join(server.url, await signToken('alice', room, { canUpdateOwnMetadata: true }));
      bob = await RoomMember.join(server.url, await signToken('bob', room));
      await eventually('both to see each other', 5000, () => alice.others.length === 1 && bob.others.length === 1);
    }
    async function part() {
      await alice.leave();
      await eventually('bob to see alice leave', 5000, () => bob.others.length === 0);
      await bob.leave();
    }

    test('two participants hear each other', async () => {
      await meet();
      await alice.playTone(440);
      await bob.playTone(880);
      await (await bob.recording('alice')).tone(440);
      await (await alice.recording('bob')).tone(880);
      const [info] = await server.api.listRooms([room]);
      assert.equal(info.numParticipants, 2);
      assert.equal(info.numPublishers, 2);
      await part();
    });

    test('a newcomer hears what was published before', async () => {
      await meet();
      await alice.playTone(523);
      await (await bob.recording('alice')).tone(523);
      const carol = await RoomMember.join(server.url, await signToken('carol', room));
      await (await carol.recording('alice')).tone(523);
      await carol.leave();
      await part();
    });

    test('data packets and streams arrive, in order, from their sender', async () => {
      await meet();
      const got = [];
      bob.room.on(RoomEvent.DataReceived, (payload, participant, _kind, topic) => {
        got.push({ text: new TextDecoder().decode(payload), from: participant?.identity, topic });
      });
      let text;
      bob.room.registerTextStreamHandler('letters', async (reader, { identity }) => {
        text = { content: await reader.readAll(), from: identity };
      });
      const encode = (value) => new TextEncoder().encode(value);
      for (let i = 0; i < 20; ++i) await alice.room.localParticipant.publishData(encode(`m${i}`), { reliable: true, topic: 'chat' });
      await eventually('20 packets', 5000, () => got.length >= 20);
      assert.deepEqual(got.map((packet) => packet.text), Array.from({ length: 20 }, (_, i) => `m${i}`));
      assert.deepEqual(got[0], { text: 'm0', from: 'alice', topic: 'chat' });
      await alice.room.localParticipant.publishData(encode('lossy'), { reliable: false, topic: 'fast' });
      await eventually('the lossy packet', 5000, () => got.some((packet) => packet.topic === 'fast'));
      const long = 'All work and no play. '.repeat(3000);
      await alice.room.localParticipant.sendText(long, { topic: 'letters' });
      await eventually('the text', 10_000, () => text !== undefined);
      assert.equal(text.from, 'alice');
      assert.equal(text.content, long);
      await part();
    });

    test('data with destinations reaches only them', async () => {
      await meet();
      const carol = await RoomMember.join(server.url, await signToken('carol', room));
      await eventually('carol to be seen', 5000, () => alice.others.length === 2);
      const heard = { bob: [], carol: [] };
      bob.room.on(RoomEvent.DataReceived, (payload) => heard.bob.push(payload[0]));
      carol.room.on(RoomEvent.DataReceived, (payload) => heard.carol.push(payload[0]));
      const sender = alice.room.localParticipant;
      await sender.publishData(new Uint8Array([1]), { reliable: true, destination_identities: ['carol'] });
      await sender.publishData(new Uint8Array([2]), { reliable: true });
      await eventually('both packets', 5000, () => heard.carol.length === 2 && heard.bob.length > 0);
      assert.deepEqual(heard, { bob: [2], carol: [1, 2] });
      await carol.leave();
      await part();
    });

    test('attributes, metadata and name change for everybody', async () => {
      await meet();
      await alice.room.localParticipant.setAttributes({ mood: 'good', gone: 'x' });
      await alice.room.localParticipant.setAttributes({ gone: '' });
      await alice.room.localParticipant.updateMetadata('{"a":1}');
      await alice.room.localParticipant.updateName('Alice');
      await eventually('bob to see them', 5000, () => {
        const seen = bob.room.remoteParticipants.get('alice');
        return seen.attributes.mood === 'good' && !seen.attributes.gone && seen.metadata === '{"a":1}' && seen.name === 'Alice';
      });
      // Bob has no such grant; rtc-node does not tell its caller of the refusal.
      await bob.room.localParticipant.setAttributes({ mood: 'bad' }).catch(() => {});
      assert.deepEqual((await server.api.getParticipant(room, 'bob')).attributes, {});
      await part();
    });

    test('unpublish and publish again', async () => {
      await meet();
      await alice.playTone(700);
      await (await bob.recording('alice')).tone(700);
      let gone = false;
      bob.room.on(RoomEvent.TrackUnsubscribed, () => (gone = true));
      await alice.hush();
      await alice.room.localParticipant.unpublishTrack(alice.publication.sid);
      await eventually('bob to lose the track', 5000, () => gone);
      bob.heard.delete('alice');
      await alice.playTone(900);
      await (await bob.recording('alice')).tone(900);
      await part();
    });

    for (const [scenario, kind] of [
      ['a lost signalling connection', 'SIMULATE_SIGNAL_RECONNECT'],
      ['a full reconnect', 'SIMULATE_FULL_RECONNECT'],
      ['a failed node', 'SIMULATE_NODE_FAILURE'],
    ]) {
      test(`audio and data go on after ${scenario}`, { skip: SimulateScenarioKind?.[kind] === undefined }, async () => {
        await meet();
        await alice.playTone(600);
        await (await bob.recording('alice')).tone(600);
        let reconnected = false;
        alice.room.on(RoomEvent.Reconnected, () => (reconnected = true));
        await alice.room.simulateScenario(SimulateScenarioKind[kind]).catch(() => {});
        await eventually('alice to be back', 20_000, () => reconnected);
        await bob.hearsAgain('alice', 600);
        let got = false;
        bob.room.on(RoomEvent.DataReceived, () => (got = true));
        await eventually('data', 5000, async () => {
          await alice.room.localParticipant.publishData(new Uint8Array([7]), { reliable: true });
          await pause(100);
          return got;
        });
        await part();
      });
    }

    test('an identity that joins again replaces the first', async () => {
      await meet();
      let reason;
      alice.room.on(RoomEvent.Disconnected, (why) => (reason = why));
      const second = await RoomMember.join(server.url, await signToken('alice', room));
      await eventually('the first to be out', 5000, () => reason !== undefined);
      assert.equal(reason, 2, 'DUPLICATE_IDENTITY');
      await eventually('bob to see one alice', 5000, () => bob.others.length === 1);
      await second.leave();
      await bob.leave();
    });
  });
}
