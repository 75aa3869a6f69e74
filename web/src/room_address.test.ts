import { describe, expect, it } from 'vitest';
import { explainUnreachableRoom } from './room_address';

const code = (room: string, page: string) => explainUnreachableRoom(room, new URL(page))?.code;

describe('explainUnreachableRoom', () => {
  it('accepts a room on the same machine as the page', () => {
    expect(code('ws://localhost:7880', 'http://localhost:5000/')).toBeUndefined();
    expect(code('ws://127.0.0.1:7880', 'http://localhost:5000/')).toBeUndefined();
    expect(code('wss://rooms.example.com', 'https://dialer.example.com/')).toBeUndefined();
  });

  it('tells which address to set when the room server calls itself localhost', () => {
    const failure = explainUnreachableRoom('ws://localhost:7880', new URL('http://192.0.2.7:5000/'));
    expect(failure?.code).toBe('room_url_is_local');
    expect(failure?.action).toContain('LIVEKIT_URL=ws://192.0.2.7:7880');
  });

  it('warns of a plain room address on a secure page', () => {
    expect(code('ws://rooms.example.com', 'https://dialer.example.com/')).toBe('room_url_not_secure');
  });

  it('warns of an address that is none', () => {
    expect(code('rooms', 'http://localhost:5000/')).toBe('room_url_invalid');
  });
});
