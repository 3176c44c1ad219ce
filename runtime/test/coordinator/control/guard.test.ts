import { describe, expect, it } from 'vitest';
import { readToken } from '../../../src/coordinator/control/guard.ts';
import { createNodeSystem } from '../../../src/sys/node-system.ts';
import { folderWith } from '../../cli/call-command.ts';

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
