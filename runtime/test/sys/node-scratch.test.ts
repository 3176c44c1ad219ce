import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeScratch } from '../../src/sys/node-scratch.ts';
import type { ScratchDatabase, ScratchEntry } from '../../src/sys/scratch.ts';

let base: string;
let database: ScratchDatabase | undefined;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'millrace-scratch-'));
});

afterEach(async () => {
  await database?.close();
  database = undefined;
  rmSync(base, { recursive: true, force: true });
});

const place = (name: string, directory = base): Parameters<typeof nodeScratch.open>[0] => ({
  directory,
  owner: 'job',
  name,
});

const open = async (): Promise<ScratchDatabase> => {
  database = await nodeScratch.open(place('one'), () => true);
  return database;
};

const key = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code;

describe('a scratch database', () => {
  it('gives for each key what was written last', async () => {
    const scratch = await open();
    const bytes = fc.uint8Array({ maxLength: 300 });
    const shortKey = fc.uint8Array({ minLength: 1, maxLength: 2 });
    const entries = fc.array(fc.record({ key: shortKey, value: bytes }), { maxLength: 20 });
    const expected = new Map<string, Uint8Array>();
    await fc.assert(
      fc.asyncProperty(entries, async (written: readonly ScratchEntry[]) => {
        await scratch.write(written);
        for (const entry of written) expected.set(entry.key.toString(), entry.value);
        for (const entry of written)
          expect(scratch.get(entry.key)).toEqual(expected.get(entry.key.toString()));
      }),
      { numRuns: 50 },
    );
  });

  it('has nothing under other keys, and nothing in a range that was removed', async () => {
    const scratch = await open();
    await scratch.write([1, 2, 3].map((n) => ({ key: key(n, 0), value: key(n) })));
    await scratch.removeRange(key(1), key(3));
    expect([key(1, 0), key(2, 0), key(3, 0), key(3)].map((one) => scratch.get(one))).toEqual([
      undefined,
      undefined,
      key(3),
      undefined,
    ]);
  });

  it('is empty when it is opened, and removes what a process that crashed has left', async () => {
    const scratch = await open();
    await scratch.write([{ key: key(1), value: key(1) }]);
    const left = readdirSync(join(base, 'job', 'one')).map((name) => ({
      name,
      bytes: readFileSync(join(base, 'job', 'one', name)),
    }));
    await scratch.close();
    for (const crashed of ['one', 'two', 'kept']) {
      mkdirSync(join(base, 'job', crashed), { recursive: true });
      for (const { name, bytes } of left) writeFileSync(join(base, 'job', crashed, name), bytes);
    }
    database = await nodeScratch.open(place('one'), (name) => name !== 'kept');
    expect(readdirSync(join(base, 'job')).toSorted()).toEqual(['kept', 'one']);
    expect(database.get(key(1))).toBeUndefined();
  });

  it('leaves nothing on the disk when it is closed', async () => {
    const scratch = await open();
    await scratch.write([{ key: key(1), value: key(1) }]);
    await scratch.close();
    await scratch.close();
    expect(readdirSync(base)).toEqual([]);
  });

  it('leaves another one alone that is in use', async () => {
    const scratch = await open();
    await scratch.write([{ key: key(1), value: key(7) }]);
    const other = await nodeScratch.open(place('two'), () => true);
    expect([scratch.get(key(1)), other.get(key(1))]).toEqual([key(7), undefined]);
    await other.close();
    expect(scratch.get(key(1))).toEqual(key(7));
  });

  it('is refused where no directory can be made', async () => {
    writeFileSync(join(base, 'file'), '');
    const error = await nodeScratch.open(place('one', join(base, 'file')), () => true).catch(codeOf);
    expect(error).toBe('ENOTDIR');
  });

  it('tells bytes that are not those that were written', async () => {
    const scratch = await open();
    const value = new Uint8Array(200_000).map((_, i) => (i * 7919) % 251);
    for (let n = 0; n < 60; n++) await scratch.write([{ key: key(n), value }]);
    for (const name of readdirSync(join(base, 'job', 'one'))) damage(join(base, 'job', 'one', name));
    expect(() => Array.from({ length: 60 }, (_, n) => scratch.get(key(n)))).toThrow(/checksum|corrupt/i);
  });
});

/** Turns bits in the middle of a table. */
const damage = (path: string): void => {
  if (!path.endsWith('.ldb')) return;
  const bytes = readFileSync(path);
  for (let at = 1000; at < statSync(path).size - 1000; at += 5000) bytes[at]! ^= 0x55;
  writeFileSync(path, bytes);
};
