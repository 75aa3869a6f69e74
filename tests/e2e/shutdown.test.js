// Ctrl-C and SIGTERM end live calls cleanly within three seconds.
import assert from 'node:assert/strict';
import { Database } from './harness/database.js';
import { test } from 'node:test';
import { DemoPhone } from './harness/demo_phone.js';
import { kTerminal, Ringback } from './harness/ringback.js';
import { kPatience } from './harness/wait.js';

for (const signal of ['SIGINT', 'SIGTERM']) {
  test(`${signal}: BYE to phones that talk, CANCEL to phones that ring, rows closed`, async () => {
    const phone = await DemoPhone.start(['--answer-after', '300']);
    const ringback = await Ringback.start({ SIP_TRUNK_URI: phone.uri });
    const talking = await ringback.place('+15551230000');
    const ringing = await ringback.place('+15551230002');
    await ringback.status(talking.callId, 'connected');
    await ringback.status(ringing.callId, 'ringing');

    const start = performance.now();
    const { code } = await ringback.stop(signal);
    const took = performance.now() - start;
    assert.equal(code, 0, ringback.program.tail());
    assert.ok(took < 3000 * kPatience, `took ${took.toFixed(0)} ms`);
    await phone.event('ended', (event) => event.call === 1 && event.by === 'caller');
    await phone.event('ended', (event) => event.call === 2 && event.by === 'caller');

    const rows = new Database(ringback.dataDir).rows('select id, status, ended_at from calls');
    assert.equal(rows.length, 2);
    for (const row of rows) {
      assert.ok(kTerminal.includes(row.status), `${row.id} is ${row.status}`);
      assert.ok(row.ended_at, `${row.id} says when it ended`);
    }
    await phone.close();
  });
}
