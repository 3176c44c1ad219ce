import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryStore } from '../../../src/checkpoint/stores/directory-store.ts';
import type { DurableFiles } from '../../../src/sys/durable-files.ts';
import { nodeDurableFiles } from '../../../src/sys/node-durable-files.ts';
import { TestSystem } from '../../../src/testing/test-system.ts';
import { itIsAStore, text } from './conformance.ts';

let directory: string;
const { system } = new TestSystem({ startMs: 1_800_000_000_000 });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-store-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const error = (code: string): Error => Object.assign(new Error(`${code}: some words`), { code });

/** A disk that does what `fault` wants before each call: throws, or nothing. The number of the call comes first. */
const faulty = (fault: (call: number, method: string) => void): DurableFiles => {
  let calls = 0;
  return new Proxy(nodeDurableFiles, {
    get(target, method: keyof DurableFiles) {
      return async (...values: never[]) => {
        fault(calls++, method);
        return (target[method] as (...values: never[]) => unknown)(...values);
      };
    },
  });
};

const storeOn = (durableFiles: DurableFiles): DirectoryStore =>
  new DirectoryStore({ ...system, durableFiles }, join(directory, 'store'));

itIsAStore('a directory', async () => ({
  store: storeOn(nodeDurableFiles),
  close: async () => {},
}));

it('makes an object durable before it has its name, and its name before it says so', async () => {
  const calls: string[] = [];
  const store = storeOn(faulty((_, method) => calls.push(method)));
  for (const [put, naming] of [
    ['put', 'rename'],
    ['putIfAbsent', 'link'],
  ] as const) {
    calls.length = 0;
    await store[put](`log/${put}`, text('one'));
    expect(calls.filter((method) => ['create', naming, 'syncDirectory'].includes(method))).toEqual([
      'create',
      naming,
      'syncDirectory',
    ]);
  }
});

it('shows a whole object or none, wherever a writer died, and goes on after it', async () => {
  const bytes = text('the whole of it');
  const call = fc.nat(12);
  await fc.assert(
    fc.asyncProperty(call, fc.constantFrom('put' as const, 'putIfAbsent' as const), async (last, put) => {
      const dying = storeOn(
        faulty((number) => {
          if (number >= last) throw error('EIO');
        }),
      );
      const answer = await dying[put]('log/1', bytes).catch(() => 'failed');
      const store = storeOn(nodeDurableFiles);
      const listed = await store.list('');
      const kept = await store.get('log/1');
      expect([undefined, ...bytes].includes(kept?.[0])).toBe(true);
      expect(listed.map(({ key }) => key)).toEqual(kept === undefined ? [] : ['log/1']);
      if (kept !== undefined || answer !== 'failed') expect(kept).toEqual(bytes);
      expect(await store.putIfAbsent('log/1', bytes)).toBe(kept === undefined ? 'written' : 'exists');
      await store.remove(['log/1']);
    }),
  );
});

it('removes what dead writers left once it is old, and nothing of the living', async () => {
  const store = storeOn(nodeDurableFiles);
  await store.put('a', text('one'));
  const leftovers = join(directory, 'store', '.temporary');
  for (const [name, ageMs] of [
    ['old', 100_000],
    ['young', 1_000],
  ] as const) {
    writeFileSync(join(leftovers, name), 'half');
    const modified = new Date(system.clock.nowMs() - ageMs);
    utimesSync(join(leftovers, name), modified, modified);
  }
  expect(await store.list('')).toMatchObject([{ key: 'a' }]);
  expect(await store.removeLeftovers(60_000)).toBe(1);
  expect(readdirSync(leftovers)).toEqual(['young']);
});

it('has nothing to remove before the first object', async () => {
  expect(await storeOn(nodeDurableFiles).removeLeftovers(0)).toBe(0);
  expect(existsSync(join(directory, 'store'))).toBe(false);
});

it('keeps no empty directories of objects that were removed', async () => {
  const store = storeOn(nodeDurableFiles);
  await store.put('state/1/2/a', text('one'));
  await store.put('state/1/b', text('two'));
  await store.remove(['state/1/2/a']);
  expect(readdirSync(join(directory, 'store/state/1'))).toEqual(['b']);
  await store.remove(['state/1/b']);
  expect(readdirSync(join(directory, 'store'))).toEqual(['.temporary']);
});

it('writes into directories that others remove at the same time', async () => {
  const [one, other] = [storeOn(nodeDurableFiles), storeOn(nodeDurableFiles)];
  const churn = async (store: DirectoryStore, name: string): Promise<void> => {
    for (let number = 0; number < 40; number++) {
      await store.put(`state/1/${name}`, text('x'));
      expect(await store.get(`state/1/${name}`)).toEqual(text('x'));
      await store.remove([`state/1/${name}`]);
    }
  };
  await Promise.all([churn(one, 'a'), churn(other, 'b'), churn(one, 'c')]);
  expect(await one.list('')).toEqual([]);
});

describe('a directory with things that are not its own', () => {
  it('may be named by a symbolic link, but follows none inside', async () => {
    const store = storeOn(nodeDurableFiles);
    await store.put('log/1', text('one'));
    mkdirSync(join(directory, 'elsewhere'));
    writeFileSync(join(directory, 'elsewhere/secret'), 'secret');
    symlinkSync(join(directory, 'elsewhere'), join(directory, 'store/link'));
    symlinkSync(join(directory, 'elsewhere/secret'), join(directory, 'store/log/secret'));
    symlinkSync(join(directory, 'store'), join(directory, 'name'));
    expect(await new DirectoryStore(system, join(directory, 'name')).get('log/1')).toEqual(text('one'));
    expect((await store.list('')).map(({ key }) => key)).toEqual(['log/1']);
    const calls = [
      () => store.get('link/secret'),
      () => store.put('link/new', text('')),
      () => store.remove(['link/secret']),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toThrow('is a symbolic link to');
    }
    await expect(store.get('log/secret')).rejects.toThrow('a symbolic link is in its place');
    expect(readdirSync(join(directory, 'elsewhere'))).toEqual(['secret']);
  });

  it('says so when a file is in the way', async () => {
    writeFileSync(join(directory, 'store'), '');
    await expect(storeOn(nodeDurableFiles).put('a', text(''))).rejects.toMatchObject({
      message: 'The store could not write a: a file is where a directory must be.',
      where: { store: join(directory, 'store'), key: 'a' },
    });
  });
});

describe('a disk that fails', () => {
  it.each([
    ['ENOSPC', 'create', 'the disk is full', 'Make room'],
    ['EDQUOT', 'create', 'the quota of the disk is used up', 'raise the quota'],
    ['EROFS', 'makeDirectory', 'the disk is mounted for reading only', 'Mount it for writing'],
    ['EACCES', 'makeDirectory', 'it may not be read or written by this user', 'Give the user'],
    ['EOPNOTSUPP', 'link', 'its file system has no hard links', 'ext4'],
    ['EIO', 'syncDirectory', 'the disk fails', 'replace the disk'],
    ['EFANCY', 'link', 'EFANCY: some words', 'Look at the directory'],
  ])('says %s at %s in words, and what to do', async (code, failing, why, hint) => {
    const store = storeOn(
      faulty((_, method) => {
        if (method === failing) throw error(code);
      }),
    );
    const failure = await store.putIfAbsent('log/1', text('one')).catch((caught: unknown) => caught);
    expect(failure).toMatchObject({
      code: 'io',
      message: `The store could not write log/1: ${why}.`,
      hint: expect.stringContaining(hint),
      where: { store: join(directory, 'store'), key: 'log/1' },
    });
  });

  it('leaves nothing of an object for which there was no room', async () => {
    const files: DurableFiles = {
      ...nodeDurableFiles,
      create: async (path, bytes) => {
        await nodeDurableFiles.create(path, bytes.subarray(0, 2));
        throw error('ENOSPC');
      },
    };
    await expect(storeOn(files).put('a', text('abcdef'))).rejects.toThrow('the disk is full');
    expect(readdirSync(join(directory, 'store'))).toEqual(['.temporary']);
    expect(readdirSync(join(directory, 'store/.temporary'))).toEqual([]);
  });
});
