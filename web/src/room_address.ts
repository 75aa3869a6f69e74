import type { CallFailure } from './dialer_api';

const kLocal = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * A page that was opened from another machine cannot reach a room server that calls itself "localhost": the browser
 * would look on its own machine. Says so, and what to set; undefined when nothing is wrong.
 */
export function explainUnreachableRoom(roomUrl: string, page: URL): CallFailure | undefined {
  let room: URL;
  try {
    room = new URL(roomUrl);
  } catch {
    return {
      code: 'room_url_invalid',
      message: `The dialer sent "${roomUrl}" as the address of the room server.`,
      stage: 'room',
      action: 'Set LIVEKIT_URL to an address that starts with ws:// or wss://.',
    };
  }
  if (kLocal.has(room.hostname) && !kLocal.has(page.hostname)) {
    const port = room.port === '' ? '' : `:${room.port}`;
    return {
      code: 'room_url_is_local',
      message: `You opened this page from ${page.hostname}, but the room server calls itself ${room.host}, which is your own machine.`,
      stage: 'room',
      action: `Set LIVEKIT_URL=${room.protocol}//${page.hostname}${port} and BIND_ADDRESS in .env, then start ringback again.`,
    };
  }
  if (page.protocol === 'https:' && room.protocol === 'ws:' && !kLocal.has(room.hostname)) {
    return {
      code: 'room_url_not_secure',
      message: `This page came over https, and browsers refuse the room server's plain ${room.protocol}//${room.host} from it.`,
      stage: 'room',
      action: `Put the room server behind TLS and set LIVEKIT_URL=wss://${room.hostname}.`,
    };
  }
  return undefined;
}
