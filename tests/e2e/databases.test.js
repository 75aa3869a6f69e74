// ringback on MariaDB and PostgreSQL: rows that other programs read, a database that dies in mid-call, nodes that die.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { kServers } from './harness/database_server.js';
import { DemoPhone } from './harness/demo_phone.js';
import { kBinary, kTerminal, Ringback } from './harness/ringback.js';
import { eventually } from './harness/wait.js';

const kPassword = /p@ss\/w:rd|p%40ss%2Fw%3Ard/i;

let phone;
before(async () => {
  phone = await DemoPhone.start(['--answer-after', '100']);
});
after(async () => phone?.close());

for (const Server of kServers) {
  const { name } = new Server();
  let server;
  let databases = 0;

  before(async () => {
    server = await Server.start();
  });
  after(async () => server?.close());

  const start = (url, more = {}, dataDir) => Ringback.start({ SIP_TRUNK_URI: phone.uri, DATABASE_URL: url, ...more }, dataDir);
  const makeDatabase = async () => {
    const database = `ringback_${++databases}`;
    return { database, url: await server.makeDatabase(database) };
  };
  const talk = async (ringback, number = '+15551230000') => {
    const { callId } = await ringback.place(number);
    await ringback.status(callId, 'connected');
    return callId;
  };

  test(`${name}: a call's row is there for every client, and the password nowhere`, async () => {
    const { database, url } = await makeDatabase();
    const ringback = await start(url);
    const callId = await talk(ringback);
    await ringback.hangUp(callId);
    await ringback.status(callId, 'ended');

    const [row] = server.rows(`SELECT id, status, phone_number, caller_id, ended_by, node FROM calls`, database);
    assert.equal(row[0], callId);
    assert.deepEqual(row.slice(1, 5), ['ended', '+15551230000', 'test', 'api']);
    assert.ok(row[5], 'the node is named');
    const [times] = server.rows('SELECT 1 FROM calls WHERE started_at <= connected_at AND connected_at <= ended_at AND duration_seconds >= 0', database);
    assert.deepEqual(times, ['1']);

    const help = execFileSync(kBinary, ['serve', '--help'], { encoding: 'utf8', env: { DATABASE_URL: url }, cwd: ringback.dataDir });
    assert.match(help, /DATABASE_URL .*:\*\*\*@127\.0\.0\.1/);
    assert.doesNotMatch(help, kPassword);
    await ringback.stop();
    assert.doesNotMatch(ringback.program.lines.join('\n'), kPassword);
    await ringback.close();
  });

  test(`${name}: the database dies in mid-call and comes back: calls go on, no row is lost`, async () => {
    const { database, url } = await makeDatabase();
    const ringback = await start(url);
    const before = await talk(ringback);
    await server.kill();

    // Calls are placed, answered and ended as if nothing had happened.
    const ringing = await ringback.place('+15551230002');
    const answered = phone.events.filter(({ event }) => event === 'answered').length;
    const during = [];
    for (let i = 0; i < 5; ++i) during.push((await ringback.place('+15551230000')).callId);
    await eventually('the phone to answer', 10_000, () => phone.events.filter(({ event }) => event === 'answered').length >= answered + 5);
    for (const callId of [before, ...during]) void ringback.hangUp(callId);

    await eventually('/readyz to say it', 10_000, async () => {
      const { status, json } = await ringback.request('GET', '/readyz');
      return status === 503 && json.problems.some((problem) => /the database is away/.test(problem));
    });
    assert.match((await ringback.request('GET', '/metrics')).text, /^ringback_store_up 0$/m);
    assert.equal((await ringback.request('GET', `/api/livekit/calls/${before}`)).json.error.code, 'store_failed');

    await server.resume();
    for (const callId of [before, ...during]) {
      const row = await eventually(`the row of ${callId}`, 20_000, async () => {
        const { status, json } = await ringback.request('GET', `/api/livekit/calls/${callId}`);
        return status === 200 && kTerminal.includes(json.status) && json;
      });
      assert.equal(row.status, 'ended');
      assert.equal(row.endedBy, 'api');
      assert.ok(row.connectedAt > row.startedAt && row.endedAt >= row.connectedAt, JSON.stringify(row));
    }
    await ringback.status(ringing.callId, 'ringing');
    await ringback.hangUp(ringing.callId);
    assert.equal(server.rows('SELECT id FROM calls', database).length, 7);
    assert.equal((await ringback.request('GET', '/readyz')).status, 200);
    const told = ringback.log.filter(({ message }) => /the database is away/.test(message));
    assert.equal(told.length, 1, 'it is said once');
    await ringback.close();
  });

  test(`${name}: calls do not wait for a database that stands still`, async () => {
    const { database, url } = await makeDatabase();
    const ringback = await start(url);
    server.freeze();
    const answered = phone.events.filter(({ event }) => event === 'answered').length;
    const placed = [];
    for (let i = 0; i < 3; ++i) placed.push((await ringback.place('+15551230000')).callId);
    await eventually('the phone to answer', 10_000, () => phone.events.filter(({ event }) => event === 'answered').length >= answered + 3);
    server.thaw();
    for (const callId of placed) {
      await ringback.status(callId, 'connected');
      await ringback.hangUp(callId);
      await ringback.status(callId, 'ended');
    }
    assert.equal(server.rows("SELECT id FROM calls WHERE status = 'ended' AND connected_at IS NOT NULL", database).length, 3);
    await ringback.close();
  });

  test(`${name}: what could not be written before the end is written at the next start`, async () => {
    const { database, url } = await makeDatabase();
    const ringback = await start(url);
    const callId = await talk(ringback);
    await server.kill();
    const { callId: unknown } = await ringback.place('+15551230000');
    const { code } = await ringback.stop();
    assert.equal(code, 0, ringback.program.tail());
    await server.resume();

    const next = await start(url, {}, ringback.dataDir);
    for (const id of [callId, unknown]) {
      const row = await next.row(id);
      assert.ok(kTerminal.includes(row.status), row.status);
      assert.notEqual(row.endedBy, 'interrupted');
    }
    assert.equal(server.rows('SELECT id FROM calls', database).length, 2);
    await next.close();
  });

  test(`${name}: every node answers for every call, and closes the rows of one that is killed`, async () => {
    const { database, url } = await makeDatabase();
    const first = await start(url, { NODE_ID: 'first' });
    const second = await start(url, { NODE_ID: 'second' });
    const killed = await talk(first);
    const stays = await talk(second);

    const seen = await second.row(killed);
    assert.equal(seen.status, 'connected');
    assert.equal(seen.node, 'first');
    // Hanging up works from every node, too, and asking twice is no mistake, nor is asking both.
    const elsewhere = await talk(first);
    const answers = await Promise.all([second.hangUp(elsewhere), second.hangUp(elsewhere), first.hangUp(elsewhere)]);
    answers.push(await second.hangUp(elsewhere));
    for (const { status, json } of answers) {
      assert.equal(status, 200, JSON.stringify(json));
      assert.deepEqual([json.id, json.status, json.reason, json.endedBy], [elsewhere, 'ended', 'user_hung_up', 'api']);
    }

    await first.stop('SIGKILL');
    const at = performance.now();
    const silent = await second.hangUp(killed);
    assert.equal(silent.status, 504);
    assert.deepEqual([silent.json.error.code, silent.json.error.callId], ['node_silent', killed]);
    assert.match(silent.json.error.message, /node first, which does not answer/);
    assert.match(silent.json.error.action, /within 30 seconds/);
    const row = await eventually('the other node to close the row', 30_000, async () => {
      const now = await second.row(killed);
      return kTerminal.includes(now.status) && now;
    });
    assert.equal(row.status, 'ended');
    assert.equal(row.reason, 'interrupted');
    assert.ok(performance.now() - at < 30_000);
    const closed = await second.hangUp(killed);
    assert.deepEqual([closed.status, closed.json.reason], [200, 'interrupted']);
    assert.equal((await second.row(stays)).status, 'connected');
    assert.equal(server.rows("SELECT id FROM calls WHERE ended_by = 'interrupted'", database).length, 1);
    await second.hangUp(stays);
    await second.status(stays, 'ended');
    await second.close();
  });
}
