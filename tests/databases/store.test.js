// The store's unit tests on real servers. Which program: STORE_TEST.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { spawnSync } from 'node:child_process';
import { kServers } from '../e2e/harness/database_server.js';

const kVariables = { MariaDB: 'RINGBACK_TEST_MYSQL', PostgreSQL: 'RINGBACK_TEST_POSTGRESQL' };

for (const Server of kServers) {
  test(`the store on ${new Server().name}`, async (t) => {
    const server = await Server.start();
    const report = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ringback-report-')), 'report.json');
    try {
      const { status, stdout } = spawnSync(process.env.STORE_TEST, ['--gtest_filter=*/mysql:*/postgresql', `--gtest_output=json:${report}`], {
        env: { ...process.env, [kVariables[server.name]]: server.adminUrl },
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      const suites = fs.existsSync(report) ? JSON.parse(fs.readFileSync(report, 'utf8')).testsuites : [];
      for (const suite of suites) {
        for (const one of suite.testsuite) {
          await t.test(`${suite.name}.${one.name}`, () => assert.deepEqual((one.failures ?? []).map(({ failure }) => failure), []));
        }
      }
      assert.ok(suites.length > 0, `no test ran\n${stdout}`);
      assert.equal(status, 0, stdout.slice(-4000));
    } finally {
      await server.close();
      fs.rmSync(path.dirname(report), { recursive: true, force: true });
    }
  });
}
