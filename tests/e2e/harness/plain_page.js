import fs from 'node:fs';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { Browser } from './browser.js';

const kLibrary = fileURLToPath(new URL('../../node_modules/livekit-client/dist/livekit-client.umd.js', import.meta.url));
const kHtml = '<!doctype html><title>plain</title><audio id="phone" autoplay></audio><script src="/livekit-client.js"></script>';

/** An unmodified livekit-client in Chromium, without the page of ringback around it; its microphone plays a tone. */
export class PlainPage {
  static async start(microphoneTone = 1000) {
    const plain = new PlainPage();
    plain.site = http.createServer((request, response) => {
      const script = request.url === '/livekit-client.js';
      response.writeHead(200, { 'Content-Type': script ? 'text/javascript' : 'text/html' });
      response.end(script ? fs.readFileSync(kLibrary) : kHtml);
    });
    await new Promise((resolve) => plain.site.listen(0, '127.0.0.1', resolve));
    plain.browser = await Browser.start(microphoneTone);
    plain.page = await plain.browser.open(`http://localhost:${plain.site.address().port}/`);
    return plain;
  }

  /** Joins with the library's defaults, publishes the microphone and plays what it hears in #phone. */
  async join(url, token) {
    await this.page.evaluate(
      async ({ url, token }) => {
        const { Room, RoomEvent, Track } = window.LivekitClient;
        const room = new Room();
        window.room = room;
        window.seen = [];
        window.digits = [];
        for (const name of Object.values(RoomEvent)) room.on(name, () => window.seen.push(name));
        room.on(RoomEvent.SipDTMFReceived, ({ digit }) => window.digits.push(digit));
        room.on(RoomEvent.TrackSubscribed, (track) => {
          if (track.kind === Track.Kind.Audio) track.attach(document.querySelector('#phone'));
        });
        await room.connect(url, token);
        await room.localParticipant.setMicrophoneEnabled(true);
      },
      { url, token },
    );
  }

  async press(keys) {
    await this.page.evaluate(async (pressed) => {
      for (const [code, digit] of pressed) await window.room.localParticipant.publishDtmf(code, digit);
    }, keys);
  }

  async leave() {
    await this.page.evaluate(() => window.room.disconnect());
  }

  async close() {
    await this.browser.close();
    await new Promise((resolve) => this.site.close(resolve));
  }
}
