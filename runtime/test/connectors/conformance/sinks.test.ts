import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { columnBatch, openWriter, rowBatch } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';
import { type Order, type SinkInUse, sinkCases } from './sinks.ts';

const orders = (count: number, from: number = 0): Order[] =>
  Array.from({ length: count }, (_, i) => ({ id: from + i, text: `text, "${from + i}"\nwith é 😀` }));

const byId = (records: readonly Order[]): Order[] => [...records].sort((a, b) => a.id - b.id);

describe.each(sinkCases)('as every sink, $name', ({ create, upserts }) => {
  let test: TestSystem;
  let use: SinkInUse;
  const place = (subtask: number, attempt: number = 1) => ({
    subtask,
    attempt,
    parallelism: 2,
    ...(use.baseDirectory === undefined ? {} : { baseDirectory: use.baseDirectory }),
  });

  beforeEach(() => {
    test = new TestSystem();
    use = create(test);
  });
  afterEach(() => use.dispose());

  it('shows every record once after a flush', async () => {
    const writer = await openWriter(use.sink, test, place(0));
    for (let i = 0; i < 5; i++) writer.write(rowBatch(orders(7, i * 7)));
    await writer.flush();
    expect(byId(await use.visible())).toEqual(orders(35));
    await writer.close();
    expect(byId(await use.visible())).toEqual(orders(35));
    expect(test.files.openCount).toBe(0);
    expect(test.manual.pendingTimers).toBe(0);
  });

  it('writes records in columns as it writes rows', async () => {
    const writer = await openWriter(use.sink, test, place(0));
    writer.write(columnBatch(orders(10)));
    writer.write(rowBatch(orders(10, 10)));
    await writer.flush();
    await writer.close();
    expect(byId(await use.visible())).toEqual(orders(20));
  });

  it('keeps the records of two subtasks, which know nothing of each other', async () => {
    const first = await openWriter(use.sink, test, place(0));
    const second = await openWriter(use.sink, test, place(1));
    first.write(rowBatch(orders(8)));
    second.write(rowBatch(orders(8, 8)));
    await second.flush();
    first.write(rowBatch(orders(4, 16)));
    await first.flush();
    await first.close();
    await second.close();
    expect(byId(await use.visible())).toEqual(orders(20));
  });

  it('goes on after a flush', async () => {
    const writer = await openWriter(use.sink, test, place(0));
    for (let i = 0; i < 3; i++) {
      writer.write(rowBatch(orders(4, i * 4)));
      await writer.flush();
    }
    await writer.close();
    expect(byId(await use.visible())).toEqual(orders(12));
  });

  it('shows whole records only, and none that it was not given, when it is closed without a flush', async () => {
    const writer = await openWriter(use.sink, test, place(0));
    writer.write(rowBatch(orders(10)));
    await writer.close();
    for (const record of await use.visible()) expect(record).toEqual(orders(10)[record.id]);
    expect(test.files.openCount).toBe(0);
    expect(test.files.paths().filter((path) => path.includes('inprogress'))).toEqual([]);
    expect(test.manual.pendingTimers).toBe(0);
  });

  it('can be opened and closed with nothing written', async () => {
    const writer = await openWriter(use.sink, test, place(0));
    await writer.flush();
    await writer.close();
    expect(await use.visible()).toEqual([]);
  });

  it('loses nothing when a later attempt writes everything again', async () => {
    const first = await openWriter(use.sink, test, place(0, 1));
    first.write(rowBatch(orders(6)));
    await first.flush();
    await first.close();
    const second = await openWriter(use.sink, test, place(0, 2));
    second.write(rowBatch(orders(9)));
    await second.flush();
    await second.close();
    const visible = byId(await use.visible());
    expect([...new Map(visible.map((record) => [record.id, record])).values()]).toEqual(orders(9));
    if (upserts) expect(visible.length).toBe(9);
  });
});
