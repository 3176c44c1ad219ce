import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TwoPhaseSinkWriter } from '../../../src/api/connectors.ts';
import { type FileSinkOptions, fileSink, type SealedPart } from '../../../src/connectors/files/index.ts';
import { openWriter, rowBatch, type SinkPlace, sinkContext } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

const open = async (test: TestSystem, options: Partial<FileSinkOptions> = {}, place: SinkPlace = {}) => {
  const signals = { wakes: 0, failures: [] as unknown[] };
  const sink = fileSink<unknown>({ directory: 'out', format: 'ndjson', ...options });
  const writer = (await openWriter(sink, test, place, signals)) as TwoPhaseSinkWriter<SealedPart>;
  const committer = sink.createCommitter(sinkContext(test, place));
  return { writer, committer, signals };
};

const visible = (test: TestSystem): string[] => test.files.paths().filter((path) => !path.includes('/.'));
const hidden = (test: TestSystem): string[] => test.files.paths().filter((path) => path.includes('/.'));
const lines = (test: TestSystem): string[] =>
  visible(test).flatMap((path) => test.files.readText(path).trimEnd().split('\n'));

describe('the file sink', () => {
  it('names parts after subtask, attempt, run and number, and hides them while they are written', async () => {
    const test = new TestSystem();
    const { writer } = await open(test, {}, { subtask: 3, attempt: 2 });
    writer.write(rowBatch([{ a: 1 }]));
    expect(visible(test)).toEqual([]);
    expect(hidden(test)).toEqual(['/base/out/.part-3-2-00000000-0.ndjson.inprogress']);
    await writer.flush();
    expect(visible(test)).toEqual(['/base/out/part-3-2-00000000-0.ndjson']);
    expect(hidden(test)).toEqual([]);
    await writer.close();
  });

  it('never overwrites what an earlier run of the same job has written', async () => {
    const test = new TestSystem();
    for (let run = 0; run < 3; run++) {
      const { writer } = await open(test, { prefix: 'orders' });
      writer.write(rowBatch([{ run }]));
      await writer.flush();
      await writer.close();
    }
    expect(lines(test).sort()).toEqual(['{"run":0}', '{"run":1}', '{"run":2}']);
  });

  it('finishes a part after exactly so many records, wherever batches end', async () => {
    for (const batch of [1, 2, 5, 7]) {
      const test = new TestSystem();
      const { writer } = await open(test, { roll: { records: 3 } });
      const rows = Array.from({ length: 7 }, (_, i) => ({ i }));
      for (let i = 0; i < rows.length; i += batch) writer.write(rowBatch(rows.slice(i, i + batch)));
      expect(visible(test).map((path) => test.files.readText(path).split('\n').length - 1)).toEqual([3, 3]);
      await writer.flush();
      expect(lines(test).map((line) => JSON.parse(line).i)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    }
  });

  it('finishes a part when it has so many bytes', async () => {
    const test = new TestSystem();
    const { writer } = await open(test, { roll: { bytes: 20 } });
    writer.write(rowBatch([{ text: 'éééé' }, { text: 'x' }, { text: 'y' }]));
    const sizes = visible(test).map((path) => test.files.stat(path)?.sizeBytes);
    expect(sizes).toEqual([20, 26]);
    await writer.close();
  });

  it('finishes a part in time also when no record comes', async () => {
    const test = new TestSystem();
    const { writer, signals } = await open(test, { roll: { interval: '10s' } });
    writer.write(rowBatch([{ a: 1 }]));
    test.manual.advance(9_999);
    expect(visible(test).length).toBe(0);
    test.manual.advance(1);
    expect(visible(test).length).toBe(1);
    writer.write(rowBatch([{ a: 2 }]));
    test.manual.advance(10_000);
    expect(visible(test).length).toBe(2);
    expect(signals.failures).toEqual([]);
    await writer.close();
  });

  it('writes a CSV header into every part and tells an empty text from nothing', async () => {
    const test = new TestSystem();
    const { writer } = await open(test, { format: 'csv', roll: { records: 2 }, delimiter: ';' });
    writer.write(
      rowBatch([
        { a: 1, b: 'x;y' },
        { a: null, b: '' },
        { a: new Date(0), b: [1, 2] },
      ]),
    );
    await writer.flush();
    expect(visible(test).map((path) => test.files.readText(path))).toEqual([
      'a;b\n1;"x;y"\n;""\n',
      'a;b\n1970-01-01T00:00:00.000Z;[1,2]\n',
    ]);
  });

  it('writes the named columns in their order, and refuses a field that has none', async () => {
    const test = new TestSystem();
    const { writer } = await open(test, { format: 'csv', columns: ['b', 'a', 'c'] });
    writer.write(rowBatch([{ a: 1, b: 2 }]));
    expect(() => writer.write(rowBatch([{ a: 1, d: 2 }]))).toThrowError(
      expect.objectContaining({
        code: 'record-invalid',
        message: 'A record has the field "d", and the CSV has no such column.',
      }),
    );
    expect(() => writer.write(rowBatch([5]))).toThrow(
      'A record that is not an object cannot be written as CSV.',
    );
    await writer.flush();
    expect(lines(test)).toEqual(['b,a,c', '2,1,']);
  });

  it('spreads records over directories by a field, and no value leaves the directory', async () => {
    const test = new TestSystem();
    const { writer } = await open(test, { partitionBy: 'k' });
    const values = [
      'DE',
      '../../etc',
      '..',
      '.hidden',
      '',
      null,
      undefined,
      'a/b',
      '__null__',
      'ä b',
      5,
      true,
      'x'.repeat(400),
    ];
    writer.write(rowBatch(values.map((k) => ({ k }))));
    await writer.flush();
    const directories = new Set(visible(test).map((path) => path.split('/').slice(3, -1).join('/')));
    expect(
      visible(test).every((path) => path.startsWith('/base/out/k=') && path.split('/').length === 5),
    ).toBe(true);
    expect([...directories].map((name) => name.slice(0, 45)).sort()).toEqual(
      [
        'k=%2E%2E%2F..%2Fetc',
        'k=%2E%2E',
        'k=%2Ehidden',
        'k=%5F_null__',
        'k=5',
        'k=DE',
        'k=__empty__',
        'k=__null__',
        'k=a%2Fb',
        'k=true',
        `k=${'x'.repeat(40)}~${[...directories].find((name) => name.startsWith('k=xx'))?.split('~')[1]}`.slice(
          0,
          45,
        ),
        'k=ä%20b',
      ].sort(),
    );
    expect(lines(test).length).toBe(values.length);
  });

  it('gives different texts different directories', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 5 }), { maxLength: 20 }),
        async (values) => {
          const test = new TestSystem();
          const { writer } = await open(test, { partitionBy: 'k' });
          writer.write(rowBatch(values.map((k) => ({ k }))));
          await writer.flush();
          expect(new Set(visible(test).map((path) => path.slice(0, path.lastIndexOf('/')))).size).toBe(
            values.length,
          );
        },
      ),
      { numRuns: 50, seed: 3 },
    );
  });

  it('spreads records over directories by event time or a field, in UTC', async () => {
    const test = new TestSystem();
    const times = [Date.UTC(2026, 10, 24, 23, 59, 59), Date.UTC(2026, 10, 25), Number.NaN];
    const { writer } = await open(test, { partitionBy: { time: 'yyyy-MM-dd/HH' } });
    writer.write(rowBatch([1, 2, 3], times));
    await writer.flush();
    const { writer: byField } = await open(test, {
      directory: 'by',
      partitionBy: { time: 'day=dd', field: 'at' },
    });
    byField.write(rowBatch([{ at: times[0] }, { at: new Date(times[1] as number) }, {}]));
    await byField.flush();
    expect(visible(test).map((path) => path.slice(0, path.lastIndexOf('/')))).toEqual([
      '/base/by/__null__',
      '/base/by/day=24',
      '/base/by/day=25',
      '/base/out/2026-11-24/23',
      '/base/out/2026-11-25/00',
      '/base/out/__null__',
    ]);
  });

  it('has no more than a hundred parts open, and still writes every record', async () => {
    const test = new TestSystem();
    const { writer } = await open(test, { partitionBy: 'k' });
    for (let round = 0; round < 2; round++) {
      writer.write(rowBatch(Array.from({ length: 250 }, (_, k) => ({ k, round }))));
      expect(test.files.openCount).toBeLessThanOrEqual(100);
    }
    await writer.flush();
    expect(lines(test).length).toBe(500);
    expect(test.files.openCount).toBe(0);
  });
});

describe('the file sink under checkpoints', () => {
  const place: SinkPlace = { checkpoints: true };

  it('shows nothing before the commit, however full its parts are', async () => {
    const test = new TestSystem();
    const { writer, committer } = await open(test, { roll: { records: 2 } }, place);
    writer.write(rowBatch([1, 2, 3, 4, 5]));
    expect(visible(test)).toEqual([]);
    const prepared = await writer.prepare(1);
    expect(prepared.map(({ sizeBytes }) => sizeBytes)).toEqual([4, 4, 2]);
    writer.write(rowBatch([6]));
    expect(visible(test)).toEqual([]);
    for (const part of prepared) await committer.commit(part);
    expect(lines(test)).toEqual(['1', '2', '3', '4', '5']);
    await writer.close();
    expect(hidden(test)).toEqual([]);
  });

  it('commits again without harm, also from another process', async () => {
    const test = new TestSystem();
    const { writer, committer } = await open(test, {}, place);
    writer.write(rowBatch([1]));
    const [part] = (await writer.prepare(1)) as [SealedPart];
    await writer.close();
    expect(hidden(test).length).toBe(1);
    await committer.commit(part);
    await (await open(test, {}, { ...place, attempt: 2 })).committer.commit(structuredClone(part));
    expect(lines(test)).toEqual(['1']);
  });

  it('removes what is aborted, and aborts again without harm', async () => {
    const test = new TestSystem();
    const { writer, committer } = await open(test, {}, place);
    writer.write(rowBatch([1]));
    const [part] = (await writer.prepare(1)) as [SealedPart];
    await committer.abort(part);
    await committer.abort(part);
    expect(test.files.paths()).toEqual([]);
  });

  it('refuses to commit a part that is gone or cut off', async () => {
    const test = new TestSystem();
    const { writer, committer } = await open(test, {}, place);
    writer.write(rowBatch([1]));
    const [part] = (await writer.prepare(1)) as [SealedPart];
    test.files.truncate(part.from, '');
    await expect(committer.commit(part)).rejects.toThrow(/has 0 bytes instead of 2/);
    test.files.remove(part.from);
    await expect(committer.commit(part)).rejects.toThrow(/can no longer be made visible: .* does not exist/);
  });

  it('refuses to replace a file that somebody else has put in its place', async () => {
    const test = new TestSystem();
    const { writer, committer } = await open(test, {}, place);
    writer.write(rowBatch([1]));
    const [part] = (await writer.prepare(1)) as [SealedPart];
    test.files.put(part.to, 'mine');
    await expect(committer.commit(part)).rejects.toThrow('another file has taken its name');
    expect(lines(test)).toEqual(['mine']);
  });

  it('prepares nothing when nothing was written', async () => {
    const test = new TestSystem();
    const { writer } = await open(test, {}, place);
    expect(await writer.prepare(1)).toEqual([]);
  });

  it('gives every record exactly once over any sequence of checkpoints, crashes and repeated commits', async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 1, max: 5 }) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('checkpoint' as const), commits: fc.boolean() }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), closes: fc.boolean() }) },
    );
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const test = new TestSystem();
      const options = { roll: { records: 2 } };
      let attempt = 1;
      let next = 0;
      let checkpointed = 0;
      let pending: readonly SealedPart[] = [];
      let { writer, committer } = await open(test, options, { ...place, attempt });
      const commitAll = async (): Promise<void> => {
        for (const part of pending) await committer.commit(part);
      };
      for (const action of [...steps, { kind: 'checkpoint' as const, commits: true }]) {
        if (action.kind === 'write') {
          writer.write(rowBatch(Array.from({ length: action.count }, () => next++)));
        } else if (action.kind === 'checkpoint') {
          pending = [...pending, ...(await writer.prepare(1))];
          checkpointed = next;
          if (action.commits) await commitAll();
        } else {
          if (action.closes) await writer.close();
          attempt++;
          ({ writer, committer } = await open(test, options, { ...place, attempt }));
          await commitAll();
          next = checkpointed;
        }
      }
      expect(
        lines(test)
          .filter((line) => line !== '')
          .map(Number)
          .sort((a, b) => a - b),
      ).toEqual(Array.from({ length: next }, (_, i) => i));
    });
    await fc.assert(property, { numRuns: 150, seed: 9 });
  });
});

describe('what goes wrong with the file sink', () => {
  it('is said in words when the disk is full, and the part is removed', async () => {
    const test = new TestSystem();
    test.files.capacityBytes = 10;
    const { writer } = await open(test);
    writer.write(rowBatch([{ text: 'longer than the disk' }]));
    await expect(writer.flush()).rejects.toMatchObject({
      code: 'io',
      message: 'Cannot write /base/out/.part-0-1-00000000-0.ndjson.inprogress: the disk is full.',
      hint: 'Free space on that disk, or write to another one; then start the job again.',
    });
    await writer.close();
    expect(test.files.paths()).toEqual([]);
    expect(test.files.openCount).toBe(0);
  });

  it('fails the job from a timer too', async () => {
    const test = new TestSystem();
    test.files.capacityBytes = 1;
    const { writer, signals } = await open(test, { roll: { interval: '1s' } });
    writer.write(rowBatch([{ a: 1 }]));
    test.manual.advance(1000);
    expect(signals.failures).toMatchObject([{ code: 'io' }]);
    await writer.close();
  });

  it('is said in words when the directory may not be written to', async () => {
    const test = new TestSystem();
    test.files.fail('open', '/base/out/.part-0-1-00000000-0.ndjson.inprogress', 'EACCES');
    const { writer } = await open(test);
    expect(() => writer.write(rowBatch([1]))).toThrow(
      'Cannot create /base/out/.part-0-1-00000000-0.ndjson.inprogress: permission denied.',
    );
    await writer.close();
  });

  it('fails a checkpoint whose part cannot be made durable', async () => {
    const test = new TestSystem();
    const { writer } = await open(test, {}, { checkpoints: true });
    writer.write(rowBatch([1]));
    test.files.failAll('sync', 'EIO');
    await expect(writer.prepare(1)).rejects.toThrow('the disk reported an error');
    await writer.close();
    expect(test.files.openCount).toBe(0);
  });

  it.each([
    [{ directory: '' }, /directory/],
    [{ format: 'json' }, /format/],
    [{ prefix: '../x' }, /prefix: expected up to 60 letters/],
    [{ partitionBy: { time: '../yyyy' } }, /partitionBy/],
    [{ partitionBy: { time: 'week' } }, /partitionBy/],
    [{ columns: ['a'] }, /columns: is for the format csv only/],
    [{ roll: { records: 0 } }, /roll\.records/],
    [{ rol: {} }, /rol/],
  ])('refuses the options %j', (options, message) => {
    const all = { directory: 'out', format: 'ndjson', ...options } as FileSinkOptions;
    expect(() => fileSink(all)).toThrowError(
      expect.objectContaining({ code: 'job-invalid', message: expect.stringMatching(message) }),
    );
  });
});
