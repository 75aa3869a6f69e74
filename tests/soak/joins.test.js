import { test } from 'node:test';
import { kLiveKitBinary } from '../livekit/harness/livekit_server.js';
import { joinAndLeave } from '../livekit/harness/joins.js';

test('2000 phones join rooms of a real livekit-server and leave them, and nothing is left of them', { skip: kLiveKitBinary ? false : 'LIVEKIT_SERVER_BINARY is not set' }, (t) =>
  joinAndLeave(t, 2000, { settleBetween: true }),
);
