import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Batch } from '../../../src/batch/batch.ts';
import { columnBatch, openWriter, rowBatch, type SinkPlace } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';
import { type Order, type SinkInUse, sinkCases } from './sinks.ts';

const orders = (count: number, from: number = 0): Order[] =>
  Array.from({ length: count }, (_, i) => ({ id: from + i, text: `text, "${from + i}"\nwith é 😀` }));

const byId = (records: readonly Order[]): Order[] => [...records].sort((a, b) => a.id - b.id);

interface Bench {
  test: TestSystem;
  use: SinkInUse;
  place(subtask: number, attempt?: number): SinkPlace;
}

/** A machine and a sink for each test. */
const prepareBench = (create: (test: TestSystem) => SinkInUse): Bench => {
  const bench: Bench = {
    test: new TestSystem(),
    use: undefined as unknown as SinkInUse,
    place: (subtask, attempt = 1) => ({
      subtask,
      attempt,
      parallelism: 2,
      ...(bench.use.baseDirectory === undefined ? {} : { baseDirectory: bench.use.baseDirectory }),
    }),
  };
  beforeEach(() => {
    bench.test = new TestSystem();
    bench.use = create(bench.test);
  });
  afterEach(() => bench.use.dispose());
  return bench;
};

describe.each(sinkCases)('as every sink, $name', ({ create }) => {
  const bench = prepareBench(create);

  it('shows every record once after a flush', async () => {
    const writer = await openWriter(bench.use.sink, bench.test, bench.place(0));
    for (let i = 0; i < 5; i++) writer.write(rowBatch(orders(7, i * 7)));
    await writer.flush();
    expect(byId(await bench.use.visible())).toEqual(orders(35));
    await writer.close();
    expect(byId(await bench.use.visible())).toEqual(orders(35));
    expect(bench.test.files.openCount).toBe(0);
    expect(bench.test.manual.pendingTimers).toBe(0);
  });

  it('writes records in columns as it writes rows', async () => {
    const writer = await openWriter(bench.use.sink, bench.test, bench.place(0));
    writer.write(columnBatch(orders(10)));
    writer.write(rowBatch(orders(10, 10)));
    await writer.flush();
    await writer.close();
    expect(byId(await bench.use.visible())).toEqual(orders(20));
  });

  it('keeps the records of two subtasks, which know nothing of each other', async () => {
    const first = await openWriter(bench.use.sink, bench.test, bench.place(0));
    const second = await openWriter(bench.use.sink, bench.test, bench.place(1));
    first.write(rowBatch(orders(8)));
    second.write(rowBatch(orders(8, 8)));
    await second.flush();
    first.write(rowBatch(orders(4, 16)));
    await first.flush();
    await first.close();
    await second.close();
    expect(byId(await bench.use.visible())).toEqual(orders(20));
  });

  it('goes on after a flush', async () => {
    const writer = await openWriter(bench.use.sink, bench.test, bench.place(0));
    for (let i = 0; i < 3; i++) {
      writer.write(rowBatch(orders(4, i * 4)));
      await writer.flush();
    }
    await writer.close();
    expect(byId(await bench.use.visible())).toEqual(orders(12));
  });
});

describe.each(sinkCases)('as every sink that does not end well, $name', ({ create, upserts }) => {
  const bench = prepareBench(create);

  it('shows whole records only, and none that it was not given, when it is closed without a flush', async () => {
    const writer = await openWriter(bench.use.sink, bench.test, bench.place(0));
    writer.write(rowBatch(orders(10)));
    await writer.close();
    for (const record of await bench.use.visible()) expect(record).toEqual(orders(10)[record.id]);
    expect(bench.test.files.openCount).toBe(0);
    expect(bench.test.files.paths().filter((path) => path.includes('inprogress'))).toEqual([]);
    expect(bench.test.manual.pendingTimers).toBe(0);
  });

  it('can be opened and closed with nothing written', async () => {
    const writer = await openWriter(bench.use.sink, bench.test, bench.place(0));
    await writer.flush();
    await writer.close();
    expect(await bench.use.visible()).toEqual([]);
  });

  it('loses nothing when a later attempt writes everything again', async () => {
    const first = await openWriter(bench.use.sink, bench.test, bench.place(0, 1));
    first.write(rowBatch(orders(6)));
    await first.flush();
    await first.close();
    const second = await openWriter(bench.use.sink, bench.test, bench.place(0, 2));
    second.write(rowBatch(orders(9)));
    await second.flush();
    await second.close();
    const visible = byId(await bench.use.visible());
    expect([...new Map(visible.map((record) => [record.id, record])).values()]).toEqual(orders(9));
    if (upserts) expect(visible.length).toBe(9);
  });
});

describe.each(sinkCases)('as every sink whatever comes, $name', ({ create }) => {
  const bench = prepareBench(create);

  it('can be closed twice, with and without something written', async () => {
    for (const count of [0, 5]) {
      const writer = await openWriter(bench.use.sink, bench.test, bench.place(0));
      if (count > 0) writer.write(rowBatch(orders(count)));
      await writer.close();
      await writer.close();
      expect([bench.test.files.openCount, bench.test.manual.pendingTimers]).toEqual([0, 0]);
    }
  });

  it('changes nothing by flushing twice, or by flushing what is empty', async () => {
    const writer = await openWriter(bench.use.sink, bench.test, bench.place(0));
    await writer.flush();
    writer.write(rowBatch(orders(3)));
    await writer.flush();
    const once = await bench.use.visible();
    await writer.flush();
    expect(await bench.use.visible()).toEqual(once);
    await writer.close();
  });

  it('takes a batch of nothing and is the same afterwards', async () => {
    const writer = await openWriter(bench.use.sink, bench.test, bench.place(0));
    writer.write(rowBatch([]));
    writer.write(rowBatch(orders(2)));
    writer.write(rowBatch([]));
    await writer.flush();
    await writer.close();
    expect(byId(await bench.use.visible())).toEqual(orders(2));
  });

  it('looks at no more of a batch than its length', async () => {
    const writer = await openWriter(bench.use.sink, bench.test, bench.place(0));
    writer.write(Batch.ofRows(orders(9), new Float64Array(9), 4));
    await writer.flush();
    await writer.close();
    expect(byId(await bench.use.visible())).toEqual(orders(4));
  });
});

describe.each(sinkCases)('as every sink over any story, $name', ({ create }) => {
  it('shows what was flushed, and whole records, over any order of writing, flushing and time', async () => {
    const step = fc.oneof(
      fc.record({ rows: fc.integer({ min: 1, max: 6 }), asColumns: fc.boolean() }),
      fc.constant('flush' as const),
      fc.constant('time' as const),
    );
    const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const test = new TestSystem();
      const use = create(test);
      const place = {
        parallelism: 1,
        ...(use.baseDirectory === undefined ? {} : { baseDirectory: use.baseDirectory }),
      };
      const writer = await openWriter(use.sink, test, place);
      let written = 0;
      for (const action of steps) {
        if (action === 'time') test.manual.advance(700);
        else if (action === 'flush') {
          await writer.flush();
          expect(byId(await use.visible())).toEqual(orders(written));
        } else {
          const rows = orders(action.rows, written);
          writer.write(action.asColumns ? columnBatch(rows) : rowBatch(rows));
          written += action.rows;
          for (const record of await use.visible()) expect(record).toEqual(orders(1, record.id)[0]);
        }
      }
      await writer.flush();
      await writer.close();
      expect(byId(await use.visible())).toEqual(orders(written));
      use.dispose();
    });
    await fc.assert(property, { numRuns: 10, seed: 9 });
  });
});

const diskCases = sinkCases.filter(({ name }) => name.includes('files'));

describe.each(diskCases)('as every sink on a disk that fails, $name', ({ create }) => {
  const bench = prepareBench(create);

  it.each(['ENOSPC', 'EIO', 'EACCES'])('ends with a sentence at %s and leaves whole files', async (code) => {
    const writer = await openWriter(bench.use.sink, bench.test, bench.place(0));
    writer.write(rowBatch(orders(5)));
    await writer.flush();
    const before = byId(await bench.use.visible());
    expect(before).toEqual(orders(5));
    bench.test.files.failAll('write', code);
    await expect(
      (async () => {
        writer.write(rowBatch(orders(5, 5)));
        await writer.flush();
      })(),
    ).rejects.toMatchObject({
      name: 'MillraceError',
      code: 'io',
      hint: expect.stringMatching(/\w/) as string,
    });
    await writer.close();
    bench.test.files.failAll('write', undefined);
    expect(byId(await bench.use.visible())).toEqual(before);
    expect(bench.test.files.openCount).toBe(0);
    expect(bench.test.files.paths().filter((path) => path.includes('inprogress'))).toEqual([]);
    expect(bench.test.manual.pendingTimers).toBe(0);
  });

  it('writes everything again at the next attempt, when the disk is well', async () => {
    bench.test.files.failAll('sync', 'EIO');
    const first = await openWriter(bench.use.sink, bench.test, bench.place(0, 1));
    await expect(
      (async () => {
        first.write(rowBatch(orders(8)));
        await first.flush();
      })(),
    ).rejects.toMatchObject({ code: 'io' });
    await first.close();
    bench.test.files.failAll('sync', undefined);
    const second = await openWriter(bench.use.sink, bench.test, bench.place(0, 2));
    second.write(rowBatch(orders(8)));
    await second.flush();
    await second.close();
    const visible = byId(await bench.use.visible());
    expect([...new Map(visible.map((record) => [record.id, record])).values()]).toEqual(orders(8));
  });
});
