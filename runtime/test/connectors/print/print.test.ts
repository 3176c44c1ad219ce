import { describe, expect, it } from 'vitest';
import { blackhole } from '../../../src/connectors/blackhole/index.ts';
import { print } from '../../../src/connectors/print/index.ts';
import { openWriter, rowBatch } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

describe('the print sink', () => {
  it('prints texts as they are and everything else as JSON, one a line', async () => {
    const test = new TestSystem();
    const writer = await openWriter(print<unknown>(), test);
    writer.write(rowBatch(['text', { a: 1n, b: new Map([[1, 2]]) }, 5, null, undefined, ['x']]));
    expect(test.printed).toBe('text\n{"a":"1","b":[[1,2]]}\n5\nnull\nnull\n["x"]\n');
  });

  it.each([
    [{}, 1, 0, 'x'],
    [{}, 3, 2, '2> x'],
    [{ prefix: 'late' }, 1, 0, 'late> x'],
    [{ prefix: 'late' }, 2, 1, 'late:1> x'],
  ])('begins lines by prefix and subtask: %j of %i', async (options, parallelism, subtask, line) => {
    const test = new TestSystem();
    const writer = await openWriter(print<unknown>(options), test, { parallelism, subtask });
    writer.write(rowBatch(['x']));
    expect(test.printed).toBe(`${line}\n`);
  });

  it('prints as many as the limit allows and says at the end how many more there were', async () => {
    const test = new TestSystem();
    const writer = await openWriter(print<unknown>({ limit: 3 }), test);
    for (let i = 0; i < 5; i++) writer.write(rowBatch([i, i]));
    await writer.flush();
    await writer.close();
    expect(test.printed).toBe('0\n0\n1\n… 7 more not shown (limit 3)\n');
  });

  it('says nothing at the end when the limit was not passed', async () => {
    const test = new TestSystem();
    const writer = await openWriter(print<unknown>({ limit: 2 }), test);
    writer.write(rowBatch([1, 2]));
    await writer.close();
    expect(test.printed).toBe('1\n2\n');
  });

  it('has no room while the reader of the output is behind, and wakes its task when it has caught up', async () => {
    const test = new TestSystem();
    const signals = { wakes: 0, failures: [] };
    const writer = await openWriter(print<unknown>(), test, {}, signals);
    test.outputRoom = 2;
    writer.write(rowBatch([1]));
    expect(writer.hasRoom?.()).toBe(true);
    writer.write(rowBatch([2]));
    expect(writer.hasRoom?.()).toBe(false);
    test.drain();
    expect(writer.hasRoom?.()).toBe(true);
    expect(signals.wakes).toBe(1);
  });

  it('refuses wrong options', () => {
    expect(() => print({ limit: -1 })).toThrow(/The options of print\(\) are wrong: limit: /);
  });
});

describe('the blackhole', () => {
  it('never turns columns into rows', async () => {
    const writer = await openWriter(blackhole<unknown>(), new TestSystem());
    const batch = rowBatch([1]);
    Object.defineProperty(batch, 'rows', { value: () => expect.unreachable() });
    writer.write(batch);
    await writer.flush();
    await writer.close();
  });
});
