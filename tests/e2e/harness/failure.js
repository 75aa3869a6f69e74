import assert from 'node:assert/strict';
import { SippPhone } from './sipp.js';

/** How providers refuse: a scenario of sipp, the settings that it needs, and the error that the user gets. */
export const kRefusals = [
  { name: 'busy', scenario: 'busy', code: 'busy', sipStatus: 486 },
  { name: 'declined', scenario: 'declined', code: 'declined', sipStatus: 603 },
  { name: 'number not found', scenario: 'not_found', code: 'number_not_found', sipStatus: 404 },
  { name: 'provider overloaded', scenario: 'overloaded', code: 'provider_overloaded', sipStatus: 503 },
  { name: 'no answer', scenario: 'no_answer', settings: { RINGING_TIMEOUT: '2' }, code: 'no_answer', stage: 'ringing' },
];

/** Places a call that fails sooner or later, and gives the error object, from the answer or from the row. */
export async function failure(ringback, number = '+15551230000', timeout = 10_000) {
  const answer = await ringback.request('POST', '/api/livekit/call', { callerId: 'test', phoneNumber: number });
  let id = answer.json.callId;
  if (answer.status !== 200) {
    assert.ok(answer.status >= 400, `status ${answer.status}`);
    id = answer.json.error.callId;
    checkError(answer.json.error);
  }
  const row = await ringback.status(id, 'failed', timeout);
  checkError(row.error);
  assert.ok(row.endedAt, 'the row says when it ended');
  assert.equal(row.reason, row.error.code);
  return { ...row.error, answer, row };
}

function checkError(error) {
  for (const name of ['code', 'message', 'stage', 'action']) {
    assert.equal(typeof error[name], 'string', `error.${name}`);
    assert.ok(error[name].length > 0, `error.${name} says something`);
  }
}

/** The failure of a call to sipp with this scenario. */
export async function refusedBy(scene, scenario, settings = {}) {
  const phone = scene.add(await SippPhone.start(scenario));
  const error = await failure(await scene.ringback(phone.uri, settings));
  await phone.finished();
  return error;
}

/** One of kRefusals. */
export async function checkRefusal(scene, { scenario, settings, code, sipStatus, stage }) {
  const error = await refusedBy(scene, scenario, settings);
  assert.equal(error.code, code);
  if (sipStatus !== undefined) assert.equal(error.sipStatus, sipStatus);
  if (stage !== undefined) assert.equal(error.stage, stage);
  return error;
}
