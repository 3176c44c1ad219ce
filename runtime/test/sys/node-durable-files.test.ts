import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeDurableFiles } from '../../src/sys/node-durable-files.ts';

let directory: string;
const at = (name: string): string => join(directory, name);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('creates a file once, and reads it whole and in parts', async () => {
  await nodeDurableFiles.create(at('a'), bytes('hello world'));
  await expect(nodeDurableFiles.create(at('a'), bytes('other'))).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await nodeDurableFiles.read(at('a'))).toEqual(bytes('hello world'));
  expect(await nodeDurableFiles.read(at('a'), 6, 3)).toEqual(bytes('wor'));
  expect(await nodeDurableFiles.read(at('a'), 9, 30)).toEqual(bytes('ld'));
  expect(await nodeDurableFiles.read(at('a'), 99, 1)).toEqual(new Uint8Array());
  expect(await nodeDurableFiles.read(at('b'))).toBeUndefined();
});

it('gives a second name only where none is, and moves in place of what was there', async () => {
  for (const name of ['a', 'b']) await nodeDurableFiles.create(at(name), bytes(name));
  await expect(nodeDurableFiles.link(at('a'), at('b'))).rejects.toMatchObject({ code: 'EEXIST' });
  await nodeDurableFiles.link(at('a'), at('c'));
  await nodeDurableFiles.rename(at('a'), at('b'));
  expect([readFileSync(at('b'), 'utf8'), readFileSync(at('c'), 'utf8')]).toEqual(['a', 'a']);
  await nodeDurableFiles.remove(at('b'));
  await nodeDurableFiles.remove(at('b'));
});

it('makes directories above, again without harm, and removes only empty ones', async () => {
  await Promise.all([1, 2, 3].map(() => nodeDurableFiles.makeDirectory(at('x/y/z'))));
  writeFileSync(at('x/y/file'), '');
  await nodeDurableFiles.removeEmptyDirectory(at('x/y'));
  await nodeDurableFiles.removeEmptyDirectory(at('x/y/z'));
  await nodeDurableFiles.removeEmptyDirectory(at('x/y/z'));
  await nodeDurableFiles.syncDirectory(at('x/y'));
  expect(await nodeDurableFiles.list(at('x/y'))).toMatchObject([{ name: 'file', directory: false }]);
  await expect(nodeDurableFiles.makeDirectory(at('x/y/file'))).rejects.toMatchObject({ code: 'EEXIST' });
});

it('leaves links out of lists, does not read through them, and tells where they lead', async () => {
  mkdirSync(at('x'));
  writeFileSync(at('x/a'), 'abc');
  symlinkSync(at('x/a'), at('x/link'));
  symlinkSync(at('x'), at('y'));
  expect(await nodeDurableFiles.list(at('y'))).toMatchObject([{ name: 'a', sizeBytes: 3 }]);
  await expect(nodeDurableFiles.read(at('x/link'))).rejects.toMatchObject({ code: 'ELOOP' });
  expect(await nodeDurableFiles.realPath(at('y/a'))).toBe(await nodeDurableFiles.realPath(at('x/a')));
  expect(await nodeDurableFiles.realPath(at('nothing'))).toBeUndefined();
  expect(await nodeDurableFiles.list(at('nothing'))).toBeUndefined();
});
