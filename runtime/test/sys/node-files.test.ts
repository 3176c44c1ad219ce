import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/sys/node-files.ts';

let directory: string;
const at = (name: string): string => join(directory, name);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the real disk', () => {
  it('keeps what a temporary file was given until it is closed, and leaves no name behind', () => {
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = directory;
    try {
      const file = nodeFiles.openTemporary();
      expect(nodeFiles.list(directory)).toEqual([]);
      file.write(bytes('hello '));
      const target = new Uint8Array(11);
      expect(file.read(target, 0, 6, 0)).toBe(6);
      file.write(bytes('world'));
      expect(file.read(target, 6, 5, 6)).toBe(5);
      expect(new TextDecoder().decode(target)).toBe('hello world');
      file.close();
      expect(nodeFiles.list(directory)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  it('writes, appends, syncs and reads back from any position', async () => {
    const file = nodeFiles.open(at('x'), 'write');
    file.write(bytes('hello '));
    file.write(bytes('world'));
    file.sync();
    await file.syncSoon();
    expect(file.status().sizeBytes).toBe(11);
    file.close();
    const more = nodeFiles.open(at('x'), 'append');
    more.write(bytes('!'));
    more.close();
    const reading = nodeFiles.open(at('x'), 'read');
    const target = new Uint8Array(8);
    expect(reading.read(target, 1, 4, 8)).toBe(4);
    expect(new TextDecoder().decode(target)).toBe('\0rld!\0\0\0');
    expect(reading.read(target, 0, 8, 12)).toBe(0);
    reading.close();
    expect(nodeFiles.readText(at('x'))).toBe('hello world!');
  });

  it('keeps the identity of a file through renaming and gives another to a new file of its name', () => {
    writeFileSync(at('log'), '1');
    const before = nodeFiles.stat(at('log'));
    nodeFiles.rename(at('log'), at('log.1'));
    writeFileSync(at('log'), '2');
    expect(nodeFiles.stat(at('log.1'))?.identity).toBe(before?.identity);
    expect(nodeFiles.stat(at('log'))?.identity).not.toBe(before?.identity);
    const growing = nodeFiles.open(at('log.1'), 'append');
    growing.write(bytes('more'));
    growing.close();
    expect(nodeFiles.stat(at('log.1'))?.identity).toBe(before?.identity);
  });

  it('answers undefined for what is not there, and tells directories from files', () => {
    expect(nodeFiles.stat(at('nothing'))).toBeUndefined();
    expect(nodeFiles.stat(directory)?.directory).toBe(true);
    nodeFiles.remove(at('nothing'));
  });

  it('finds absolute paths by globs, sorted, with and without a base', () => {
    nodeFiles.makeDirectory(at('a/b'));
    for (const name of ['a/2.txt', 'a/1.txt', 'a/b/3.txt', 'a/.hidden.txt']) writeFileSync(at(name), '');
    expect(nodeFiles.glob('a/[0-9].txt', directory)).toEqual([at('a/1.txt'), at('a/2.txt')]);
    expect(nodeFiles.glob('**/[13].txt', directory)).toEqual([at('a/1.txt'), at('a/b/3.txt')]);
    expect(nodeFiles.glob(at('a/{1,2}.txt'), '/')).toEqual([at('a/1.txt'), at('a/2.txt')]);
    expect(nodeFiles.list(at('a'))).toEqual(['.hidden.txt', '1.txt', '2.txt', 'b']);
  });

  it('follows links to what they name', () => {
    writeFileSync(at('x'), 'abc');
    symlinkSync(at('x'), at('link'));
    expect(nodeFiles.stat(at('link'))?.identity).toBe(nodeFiles.stat(at('x'))?.identity);
  });

  it('throws the platform’s errors with their codes', () => {
    expect(() => nodeFiles.open(at('none'), 'read')).toThrowError(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    expect(() => nodeFiles.open(directory, 'write')).toThrowError(
      expect.objectContaining({ code: 'EISDIR' }),
    );
  });
});
