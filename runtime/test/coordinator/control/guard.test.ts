import { describe, expect, it } from 'vitest';
import { readToken } from '../../../src/coordinator/control/guard.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import { folderWith } from '../../cli/call-command.ts';
import { serve } from './serve.ts';

describe('records and state', () => {
  const curious = [
    '/v1/state/totals/sum?key=1',
    '/v1/slots/0/cpu-profile',
    '/v1/slots/0/heap-snapshot',
  ] as const;

  it('are shown to nobody where there is no token, also not to programs of the same machine', async () => {
    const { url, fake } = await serve({ token: undefined });
    for (const path of curious) {
      const method = path.startsWith('/v1/state') ? 'GET' : 'POST';
      const headers = { 'content-type': 'application/json' };
      const body = method === 'GET' ? null : JSON.stringify(path.includes('cpu') ? { durationMs: 100 } : {});
      const { status } = await fetch(url + path, { method, headers, body });
      expect(status).toBe(401);
    }
    expect((await fetch(`${url}/v1/status`)).status).toBe(200);
    expect(fake.asked.map(({ operation }) => operation)).toEqual(['getStatus']);
  });
});

describe('a token in a file', () => {
  const tokenIn = (text: string): string => {
    const folder = folderWith({ token: text });
    return readToken(createNodeSystem(), `${folder}/token`);
  };

  it('is what the file holds, without the line break that editors add', () => {
    expect(tokenIn('0123456789abcdef\n')).toBe('0123456789abcdef');
  });

  it('is refused when it is short, has spaces or is not there', () => {
    for (const text of ['', 'short', 'sixteen letters with spaces', 'ünïcödé-ünïcödé-ünïcödé'])
      expect(() => tokenIn(text)).toThrow(expect.objectContaining({ code: 'manifest-invalid' }));
    const system = createNodeSystem();
    expect(() => readToken(system, `${folderWith()}/none`)).toThrow(/cannot be read/);
  });
});
