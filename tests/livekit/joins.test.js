import { test } from 'node:test';
import { joinAndLeave } from './harness/joins.js';

test('300 phones join rooms of a real livekit-server and leave them, and nothing is left of them', (t) => joinAndLeave(t, 300));
