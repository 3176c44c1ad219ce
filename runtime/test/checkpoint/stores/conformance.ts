import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../src/checkpoint/object-store.ts';
import { probeStore } from '../../../src/checkpoint/stores/probe.ts';

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const keysOf = async (store: ObjectStore, prefix: string): Promise<readonly string[]> =>
  (await store.list(prefix)).map(({ key }) => key);

const keyNames = fc.constantFrom(
  'log/1',
  'log/2',
  'log/10',
  'state/a/1-0',
  'state/a.b/1-0',
  'state/a-b',
  'z',
);

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('put' as const), key: keyNames, size: fc.nat(50) }),
    fc.record({ kind: fc.constant('putIfAbsent' as const), key: keyNames, size: fc.nat(50) }),
    fc.record({ kind: fc.constant('remove' as const), key: keyNames }),
    fc.record({ kind: fc.constant('copy' as const), key: keyNames, to: keyNames }),
    fc.record({
      kind: fc.constant('list' as const),
      prefix: fc.constantFrom('', 'log/', 'log/1', 'state/a', 'state/a/'),
    }),
  ),
  { maxLength: 25 },
);

/** Runs steps against a store and a map, which must agree in every answer and at the end. */
const agreesWithMap = async (
  store: ObjectStore,
  program: typeof steps extends fc.Arbitrary<infer T> ? T : never,
) => {
  const model = new Map<string, Uint8Array>();
  const keys = (prefix: string) => [...model.keys()].filter((key) => key.startsWith(prefix)).sort();
  for (const [number, step] of program.entries()) {
    if (step.kind === 'list') {
      expect(await keysOf(store, step.prefix)).toEqual(keys(step.prefix));
      continue;
    }
    const { key } = step;
    if (step.kind === 'remove') {
      await store.remove([key]);
      model.delete(key);
    } else if (step.kind === 'copy') {
      const bytes = model.get(key);
      if (bytes === undefined)
        await expect(store.copy(key, step.to)).rejects.toThrow(`There is no object ${key}`);
      else {
        await store.copy(key, step.to);
        model.set(step.to, bytes);
      }
    } else {
      const bytes = new Uint8Array(step.size).fill(number);
      const wanted = step.kind === 'put' || !model.has(key);
      const answer = await store[step.kind](key, bytes);
      if (step.kind === 'putIfAbsent') expect(answer).toBe(wanted ? 'written' : 'exists');
      if (wanted) model.set(key, bytes);
    }
    expect(await store.get(key)).toEqual(model.get(key));
  }
  expect((await store.list('')).map(({ key, sizeBytes }) => [key, sizeBytes])).toEqual(
    keys('').map((key) => [key, model.get(key)?.length]),
  );
};

/** Asked anew in each test. */
type Current = () => ObjectStore;

const readsWhatWasWritten = (store: Current): void => {
  it('gives back what it was given, whole and in ranges', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
    await store().put('state/a/1-0', bytes);
    expect(await store().get('state/a/1-0')).toEqual(bytes);
    expect(await store().getRange('state/a/1-0', 0, 10)).toEqual(bytes.subarray(0, 10));
    expect(await store().getRange('state/a/1-0', 251, 260_000)).toEqual(bytes.subarray(251, 260_251));
    expect(await store().getRange('state/a/1-0', 299_999, 1)).toEqual(bytes.subarray(299_999));
    expect(await store().getRange('state/a/1-0', 7, 0)).toEqual(new Uint8Array());
  });

  it('keeps an object without bytes', async () => {
    await store().put('empty', new Uint8Array());
    expect(await store().get('empty')).toEqual(new Uint8Array());
    expect(await store().list('')).toMatchObject([{ key: 'empty', sizeBytes: 0 }]);
  });

  it('refuses a range that goes beyond the end, with the key and the byte', async () => {
    await store().put('a', text('abcdef'));
    await expect(store().getRange('a', 4, 3)).rejects.toThrow('The object a ends before its byte 7.');
    await expect(store().getRange('a', 10, 2)).rejects.toThrow('The object a ends before its byte 12.');
  });

  it('answers undefined for what is not there', async () => {
    expect(await store().get('no/such')).toBeUndefined();
    expect(await store().getRange('no/such', 0, 1)).toBeUndefined();
    expect(await store().list('no/')).toEqual([]);
    await store().remove(['no/such']);
    await expect(store().copy('no/such', 'b')).rejects.toThrow('There is no object no/such to copy');
  });
};

const writesOnce = (store: Current): void => {
  it('replaces by put, and keeps the first of two that are put if absent', async () => {
    await store().put('log/1', text('one'));
    await store().put('log/1', text('two'));
    expect(await store().putIfAbsent('log/1', text('three'))).toBe('exists');
    expect(await store().get('log/1')).toEqual(text('two'));
  });

  it('lets exactly one of 16 writers win, whose object is then there', async () => {
    const writers = Array.from({ length: 16 }, (_, writer) => writer);
    const answers = await Promise.all(
      writers.map((writer) => store().putIfAbsent('log/7', text(`by ${writer}`))),
    );
    const winners = writers.filter((writer) => answers[writer] === 'written');
    expect(winners).toHaveLength(1);
    expect(await store().get('log/7')).toEqual(text(`by ${winners[0]}`));
  });

  it('lists more than 1000 objects in the order of their keys, and removes them at once', async () => {
    const keys = Array.from({ length: 1100 }, (_, number) => `state/1/${number}`);
    for (let from = 0; from < keys.length; from += 50) {
      await Promise.all(keys.slice(from, from + 50).map((key) => store().put(key, text(key))));
    }
    await store().put('state/10/0', text('other'));
    expect(await keysOf(store(), 'state/1/')).toEqual([...keys].sort());
    await store().remove(keys);
    expect(await keysOf(store(), 'state/')).toEqual(['state/10/0']);
  });
};

const knowsItsKeys = (store: Current): void => {
  it('refuses what is no key, whatever is asked', async () => {
    const long = `a/${'b'.repeat(201)}`;
    for (const key of [
      '',
      '/a',
      'a/',
      'a//b',
      '../a',
      'a/../b',
      './a',
      '.a',
      'a/.b',
      '-a',
      'a b',
      'a\\b',
      'a\0',
      'ä',
      long,
    ]) {
      const calls = [
        () => store().put(key, text('')),
        () => store().putIfAbsent(key, text('')),
        () => store().get(key),
        () => store().getRange(key, 0, 1),
        () => store().remove([key]),
        () => store().copy(key, 'b'),
      ];
      for (const call of calls) await expect(call()).rejects.toThrow('is no key of an object');
    }
    await expect(store().list('../')).rejects.toThrow('is no key of an object');
    expect(await store().list('')).toEqual([]);
  });
};

/** What every store must do. `open` gives a new empty one, and what ends it. */
export const itIsAStore = (
  name: string,
  open: () => Promise<{ readonly store: ObjectStore; close(): Promise<void> }>,
  { runs = 30 }: { readonly runs?: number } = {},
): void => {
  describe(`${name} as a store`, () => {
    let store: ObjectStore;
    let close: () => Promise<void>;
    beforeEach(async () => ({ store, close } = await open()));
    afterEach(() => close());

    readsWhatWasWritten(() => store);
    writesOnce(() => store);
    knowsItsKeys(() => store);

    it('passes the probe, which leaves nothing behind', async () => {
      let number = 0;
      await probeStore(store, { next: () => 0, id: () => `fresh${number++}` });
      expect(await store.list('')).toEqual([]);
    });

    it('agrees with a map whatever is done to it', async () => {
      await fc.assert(
        fc
          .asyncProperty(steps, (program) => agreesWithMap(store, program))
          .afterEach(async () => store.remove(await keysOf(store, ''))),
        { numRuns: runs },
      );
    });

    it('is closed twice without harm', async () => {
      await store.close();
      await store.close();
    });
  });
};
