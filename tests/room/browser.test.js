// livekit-client in Chromium against the room server alone, with rtc-node as the other side.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dispose, RoomEvent } from '@livekit/rtc-node';
import { Browser, heardTone } from '../e2e/harness/browser.js';
import { RoomMember, signToken } from '../e2e/harness/room_member.js';
import { eventually, pause } from '../e2e/harness/wait.js';
import { kSignallings, RoomServer } from './room_server.js';

const kLibrary = fileURLToPath(new URL('../node_modules/livekit-client/dist/livekit-client.umd.js', import.meta.url));
const kPage = '<!doctype html><title>room</title><body><script src="/livekit-client.js"></script>';
const kTone = 1000;
/** A steady tone is noise to a noise suppressor. */
const kRawMicrophone = { noiseSuppression: false, echoCancellation: false, autoGainControl: false };

let browser;
let site;
before(async () => {
  site = http.createServer((request, response) => {
    const script = request.url === '/livekit-client.js';
    response.writeHead(200, { 'Content-Type': script ? 'text/javascript' : 'text/html' });
    response.end(script ? fs.readFileSync(kLibrary) : kPage);
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  browser = await Browser.start(kTone);
});
after(async () => {
  await browser?.close();
  site?.close();
  await dispose();
});

/** A page that joins a room; every remote audio track plays in an element named after its participant. */
async function joinPage(url, token, options = {}) {
  const page = await browser.open(`http://localhost:${site.address().port}/`, { permissions: ['microphone', 'camera'] });
  await page.evaluate(
    async ({ url, token, options }) => {
      const { Room, RoomEvent, Track, setLogLevel } = window.LivekitClient;
      setLogLevel('info');
      const room = (window.room = new Room(options));
      window.seen = [];
      window.data = [];
      for (const name of Object.values(RoomEvent)) room.on(name, () => window.seen.push(name));
      room.on(RoomEvent.DataReceived, (payload, participant, _kind, topic) =>
        window.data.push({ text: new TextDecoder().decode(payload), from: participant?.identity, topic }),
      );
      room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
        const element = track.attach();
        element.id = `${track.kind}-${participant.identity}`;
        document.body.append(element);
      });
      room.on(RoomEvent.TrackUnsubscribed, (track, _publication, participant) => {
        document.querySelector(`#${track.kind}-${participant.identity}`)?.remove();
      });
      await room.connect(url, token);
    },
    { url, token, options },
  );
  return page;
}

for (const { name, environment } of kSignallings) {
  describe(`Chromium, ${name}`, () => {
    let server;
    let number = 0;
    let room;
    let page;
    let bob;
    before(async () => (server = await RoomServer.start(environment)));
    after(async () => assert.equal(await server.close(), 0));

    async function meet() {
      room = `room-${++number}`;
      page = await joinPage(server.url, await signToken('alice', room, { canUpdateOwnMetadata: true }), {
        audioCaptureDefaults: kRawMicrophone,
      });
      bob = await RoomMember.join(server.url, await signToken('bob', room));
      await page.evaluate(() => window.room.localParticipant.setMicrophoneEnabled(true));
      await bob.playTone(440);
    }
    async function part() {
      await page.evaluate(() => window.room.disconnect());
      await eventually('bob to see alice leave', 5000, () => bob.others.length === 0);
      await bob.leave();
      await page.context().close();
    }
    async function bothHear() {
      await (await bob.recording('alice')).tone(kTone);
      await heardTone(page, '#audio-bob', 440);
    }

    test('browser and rtc-node hear each other', async () => {
      await meet();
      await bothHear();
      const codec = await page.evaluate(() => {
        const [publication] = [...window.room.remoteParticipants.get('bob').trackPublications.values()];
        return publication.mimeType;
      });
      assert.equal(codec, 'audio/opus');
      await part();
    });

    test('mute, unmute and administrative mute', async () => {
      await meet();
      await bothHear();
      const recording = await bob.recording('alice');
      await page.evaluate(() => window.room.localParticipant.setMicrophoneEnabled(false));
      await recording.silence();
      const [publication] = [...bob.room.remoteParticipants.get('alice').trackPublications.values()];
      await eventually('bob to see it', 5000, () => publication.muted);
      await page.evaluate(() => window.room.localParticipant.setMicrophoneEnabled(true));
      await recording.tone(kTone);
      await server.api.mutePublishedTrack(room, 'alice', publication.sid, true);
      await recording.silence();
      await eventually('alice to know', 5000, () => page.evaluate(() => !window.room.localParticipant.isMicrophoneEnabled));
      await part();
    });

    test('data, text streams, attributes and metadata both ways', async () => {
      await meet();
      const got = [];
      bob.room.on(RoomEvent.DataReceived, (payload, participant, _kind, topic) =>
        got.push({ text: new TextDecoder().decode(payload), from: participant?.identity, topic }),
      );
      let text;
      bob.room.registerTextStreamHandler('letters', async (reader) => (text = await reader.readAll()));
      const long = 'A stream of words. '.repeat(4000);
      await page.evaluate(async (long) => {
        const me = window.room.localParticipant;
        await me.publishData(new TextEncoder().encode('reliable'), { reliable: true, topic: 'a' });
        await me.publishData(new TextEncoder().encode('lossy'), { reliable: false, topic: 'b' });
        await me.sendText(long, { topic: 'letters' });
        await me.setAttributes({ colour: 'red' });
        await me.setMetadata('meta');
      }, long);
      await eventually('bob to get data', 10_000, () => got.length === 2 && text !== undefined);
      assert.deepEqual(got.sort((a, b) => a.topic.localeCompare(b.topic)), [
        { text: 'reliable', from: 'alice', topic: 'a' },
        { text: 'lossy', from: 'alice', topic: 'b' },
      ]);
      assert.equal(text, long);
      await eventually('bob to see values', 5000, () => {
        const alice = bob.room.remoteParticipants.get('alice');
        return alice.attributes.colour === 'red' && alice.metadata === 'meta';
      });
      await bob.room.localParticipant.publishData(new TextEncoder().encode('hello'), { reliable: true, topic: 'c' });
      await eventually('alice to get data', 5000, () => page.evaluate(() => window.data.length === 1));
      assert.deepEqual(await page.evaluate(() => window.data[0]), { text: 'hello', from: 'bob', topic: 'c' });
      await server.api.updateRoomMetadata(room, 'room data');
      await eventually('room metadata', 5000, () => page.evaluate(() => window.room.metadata === 'room data'));
      await part();
    });

    test('speakers and connection quality are told', async () => {
      await meet();
      await bothHear();
      await eventually('speakers', 8000, () => page.evaluate(() => window.seen.includes('activeSpeakersChanged')));
      await eventually('quality', 8000, () => page.evaluate(() => window.seen.includes('connectionQualityChanged')));
      await part();
    });

    for (const scenario of ['signal-reconnect', 'resume-reconnect', 'full-reconnect', 'node-failure', 'leave-full-reconnect']) {
      test(`audio and data go on after ${scenario}`, async () => {
        await meet();
        await bothHear();
        await page.evaluate((scenario) => {
          window.seen.length = 0;
          window.room.simulateScenario(scenario).catch(() => {});
        }, scenario);
        await eventually('the reconnect', 20_000, () =>
          page.evaluate(() => (window.seen.includes('reconnected') || window.seen.includes('signalReconnecting')) && window.room.state === 'connected'),
        );
        await bob.hearsAgain('alice', kTone);
        await heardTone(page, '#audio-bob', 440);
        let got = false;
        bob.room.on(RoomEvent.DataReceived, () => (got = true));
        await eventually('data', 5000, async () => {
          await page.evaluate(() => window.room.localParticipant.publishData(new Uint8Array([1]), { reliable: true }));
          await pause(100);
          return got;
        });
        await part();
      });
    }

    test('unpublish, publish again, unsubscribe and subscribe', async () => {
      await meet();
      await bothHear();
      await page.evaluate(async () => {
        const publication = window.room.localParticipant.getTrackPublication('microphone');
        await window.room.localParticipant.unpublishTrack(publication.track);
      });
      const recording = await bob.recording('alice');
      await eventually('bob to see no track', 5000, () => bob.room.remoteParticipants.get('alice').trackPublications.size === 0);
      bob.heard.delete('alice');
      await page.evaluate(() => window.room.localParticipant.setMicrophoneEnabled(true));
      await (await bob.recording('alice')).tone(kTone);
      await page.evaluate(() => {
        for (const publication of window.room.remoteParticipants.get('bob').trackPublications.values()) publication.setSubscribed(false);
      });
      await eventually('the element to go', 5000, () => page.evaluate(() => document.querySelector('#audio-bob') === null));
      await page.evaluate(() => {
        for (const publication of window.room.remoteParticipants.get('bob').trackPublications.values()) publication.setSubscribed(true);
      });
      await eventually('the element to come', 5000, () => page.evaluate(() => document.querySelector('#audio-bob') !== null));
      await heardTone(page, '#audio-bob', 440);
      assert.ok(recording.heard > 0);
      await part();
    });

    for (const videoCodec of ['vp8', 'h264', 'vp9', 'av1']) {
      test(`video in ${videoCodec} reaches another browser`, async () => {
        const names = `video-${videoCodec}`;
        const options = { publishDefaults: { videoCodec } };
        const sender = await joinPage(server.url, await signToken('camera', names), options);
        const receiver = await joinPage(server.url, await signToken('viewer', names));
        await sender.evaluate(() => window.room.localParticipant.setCameraEnabled(true));
        const seen = await eventually('a growing picture', 20_000, () =>
          receiver.evaluate(async () => {
            const video = document.querySelector('#video-camera');
            if (video === null || video.videoWidth === 0) return false;
            const before = video.getVideoPlaybackQuality().totalVideoFrames;
            await new Promise((resolve) => setTimeout(resolve, 1000));
            const frames = video.getVideoPlaybackQuality().totalVideoFrames - before;
            return frames > 5 && { width: video.videoWidth, height: video.videoHeight, frames };
          }),
        );
        assert.ok(seen.width >= 160, JSON.stringify(seen));
        await sender.context().close();
        await receiver.context().close();
      });
    }
  });
}
