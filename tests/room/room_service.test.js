// livekit-server-sdk drives RoomService while rtc-node clients are in the room.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dispose, RoomEvent } from '@livekit/rtc-node';
import { AccessToken, DataPacket_Kind, RoomServiceClient, TwirpError } from 'livekit-server-sdk';
import { kApiKey, kApiSecret } from '../e2e/harness/ringback.js';
import { RoomMember, signToken } from '../e2e/harness/room_member.js';
import { eventually, pause } from '../e2e/harness/wait.js';
import { RoomServer } from './room_server.js';

let server;
let api;
before(async () => {
  server = await RoomServer.start({ ROOM_TEST_REMOTE_UNMUTE: '1' });
  api = server.api;
});
after(async () => {
  assert.equal(await server.close(), 0);
  await dispose();
});

test('rooms are created, listed, found and deleted', async () => {
  const room = await api.createRoom({ name: 'made', emptyTimeout: 60, departureTimeout: 7, maxParticipants: 3, metadata: 'm' });
  assert.match(room.sid, /^RM_\w{12}$/);
  assert.deepEqual([room.emptyTimeout, room.departureTimeout, room.maxParticipants, room.metadata], [60, 7, 3, 'm']);
  assert.ok(room.enabledCodecs.some((codec) => codec.mime === 'audio/PCMU'));
  assert.equal((await api.createRoom({ name: 'made', maxParticipants: 9 })).maxParticipants, 3, 'an existing room is kept');
  assert.deepEqual((await api.listRooms(['made', 'nowhere'])).map((found) => found.name), ['made']);
  await api.updateRoomMetadata('made', 'new');
  assert.equal((await api.listRooms(['made']))[0].metadata, 'new');
  await api.deleteRoom('made');
  assert.equal((await api.listRooms(['made'])).length, 0);
  await assert.rejects(api.deleteRoom('made'), (error) => error instanceof TwirpError && error.code === 'not_found' && error.status === 404);
});

test('tokens without the grant and wrong tokens are refused as LiveKit does', async () => {
  const stranger = new RoomServiceClient(server.http, kApiKey, 'another-secret-of-thirty-two-characters');
  await assert.rejects(stranger.listRooms(), (error) => error.status === 401);
  const call = (token) =>
    fetch(`${server.http}/twirp/livekit.RoomService/ListRooms`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
      body: '{}',
    });
  const none = await call();
  assert.equal(none.status, 401);
  assert.equal((await none.json()).code, 'unauthenticated');
  const weak = await call(await signToken('somebody', 'some-room'));
  assert.deepEqual([weak.status, (await weak.json()).code], [401, 'unauthenticated']);
  const nonsense = await call('nonsense');
  assert.deepEqual([nonsense.status, await nonsense.text()], [401, 'invalid authorization token']);
});

test('validate and upgrade refuse with the codes that clients know', async () => {
  const ask = async (path, token) => {
    const response = await fetch(`${server.http}${path}${token === undefined ? '' : `?access_token=${token}`}`, {
      headers: { Origin: 'https://page.example' },
    });
    return { status: response.status, text: (await response.text()).trim(), origin: response.headers.get('access-control-allow-origin') };
  };
  const good = await signToken('a', 'r');
  assert.deepEqual(await ask('/rtc/validate', good), { status: 200, text: 'success', origin: 'https://page.example' });
  assert.equal((await ask('/rtc/validate')).status, 401);
  assert.equal((await ask('/rtc/validate')).text, 'no permissions to access the room');
  assert.deepEqual(await ask('/rtc/validate', 'x'), { status: 401, text: 'invalid authorization token', origin: 'https://page.example' });
  const noRoom = new AccessToken(kApiKey, kApiSecret, { identity: 'a' });
  noRoom.addGrant({ roomJoin: true });
  assert.deepEqual(await ask('/rtc/validate', await noRoom.toJwt()), { status: 400, text: 'no room name', origin: 'https://page.example' });
  const noJoin = new AccessToken(kApiKey, kApiSecret, { identity: 'a' });
  noJoin.addGrant({ room: 'r' });
  assert.equal((await ask('/rtc/validate', await noJoin.toJwt())).text, 'permissions denied');
  assert.deepEqual(await ask('/rtc/v1/validate', good), { status: 400, text: 'join_request is required', origin: 'https://page.example' });
  assert.equal((await ask('/rtc', good)).status, 404, 'no upgrade');
  assert.equal((await ask('/')).text, 'OK');
  assert.equal((await ask('/nothing')).status, 404);
});

test('participants are listed, changed, muted and removed', async () => {
  const room = 'administered';
  const alice = await RoomMember.join(server.url, await signToken('alice', room));
  const bob = await RoomMember.join(server.url, await signToken('bob', room));
  await alice.playTone(440);
  const recording = await bob.recording('alice');
  await recording.tone(440);

  assert.deepEqual((await api.listParticipants(room)).map((p) => p.identity).sort(), ['alice', 'bob']);
  assert.deepEqual(await api.listParticipants('no such room'), []);
  const info = await api.getParticipant(room, 'alice');
  assert.equal(info.tracks.length, 1);
  assert.equal(info.tracks[0].mimeType, 'audio/opus');
  await assert.rejects(api.getParticipant(room, 'nobody'), (error) => error.code === 'not_found');

  await api.updateParticipant(room, 'alice', { name: 'Alice', metadata: 'md', attributes: { k: 'v' } });
  await eventually('the changes', 5000, () => {
    const seen = bob.room.remoteParticipants.get('alice');
    return seen.name === 'Alice' && seen.metadata === 'md' && seen.attributes.k === 'v';
  });

  const muted = await api.mutePublishedTrack(room, 'alice', info.tracks[0].sid, true);
  assert.equal(muted.muted, true);
  await recording.silence();
  await api.mutePublishedTrack(room, 'alice', info.tracks[0].sid, false);
  await recording.tone(440);

  await api.updateSubscriptions(room, 'bob', [info.tracks[0].sid], false);
  let heardBefore = recording.heard;
  await eventually('bob to hear nothing', 5000, async () => {
    heardBefore = recording.heard;
    await pause(300);
    return recording.heard === heardBefore;
  });
  bob.heard.delete('alice');
  await api.updateSubscriptions(room, 'bob', [info.tracks[0].sid], true);
  await (await bob.recording('alice')).tone(440);

  const got = [];
  bob.room.on(RoomEvent.DataReceived, (payload, participant, _kind, topic) => got.push([payload[0], participant?.identity, topic]));
  await api.sendData(room, new Uint8Array([42]), DataPacket_Kind.RELIABLE, { topic: 'news' });
  await eventually('the data', 5000, () => got.length === 1);
  assert.deepEqual(got[0], [42, undefined, 'news']);

  let unpublished = false;
  bob.room.on(RoomEvent.TrackUnpublished, () => (unpublished = true));
  await api.updateParticipant(room, 'alice', { permission: { canPublish: false, canSubscribe: true, canPublishData: true } });
  await eventually('the track to be taken away', 5000, () => unpublished);

  let reason;
  alice.room.on(RoomEvent.Disconnected, (why) => (reason = why));
  await api.removeParticipant(room, 'alice');
  await eventually('alice to be out', 5000, () => reason !== undefined);
  assert.equal(reason, 4, 'PARTICIPANT_REMOVED');
  let deleted;
  bob.room.on(RoomEvent.Disconnected, (why) => (deleted = why));
  await api.deleteRoom(room);
  await eventually('bob to be out', 5000, () => deleted !== undefined);
  assert.equal(deleted, 5, 'ROOM_DELETED');
});

test('a method that only a larger server offers is refused by its name', async () => {
  const token = new AccessToken(kApiKey, kApiSecret);
  token.addGrant({ roomAdmin: true, room: 'r' });
  const call = async (headers) => {
    const answer = await fetch(`${server.http}/twirp/livekit.RoomService/MoveParticipant`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: '{}',
    });
    return { status: answer.status, ...(await answer.json()) };
  };
  assert.deepEqual(await call({ Authorization: `Bearer ${await token.toJwt()}` }),
    { status: 501, code: 'unimplemented', msg: 'MoveParticipant of RoomService is not offered by this server' });
  assert.equal((await call({})).status, 401);
});

test('a full room and a left room', async () => {
  await api.createRoom({ name: 'small', maxParticipants: 1, departureTimeout: 1 });
  const alice = await RoomMember.join(server.url, await signToken('alice', 'small'));
  await assert.rejects(RoomMember.join(server.url, await signToken('bob', 'small')));
  await alice.leave();
  await eventually('the room to close', 5000, async () => (await api.listRooms(['small'])).length === 0);
});
