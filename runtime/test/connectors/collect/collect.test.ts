import { describe, expect, it } from 'vitest';
import { Collected, collect } from '../../../src/connectors/collect/index.ts';
import { openWriter, rowBatch } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

describe('the collect sink', () => {
  it('keeps values with their timestamps in the order in which they come', async () => {
    const collected = new Collected<number>();
    const writer = await openWriter(collect(collected), new TestSystem());
    writer.write(rowBatch([3, 1], [30, 10]));
    writer.write(rowBatch([2]));
    expect(collected.values).toEqual([3, 1, 2]);
    expect(collected.timestampsMs).toEqual([30, 10, Number.NaN]);
  });

  it('drops what earlier attempts collected, and what they still write', async () => {
    const collected = new Collected<string>();
    const test = new TestSystem();
    const first = await openWriter(collect(collected), test, { attempt: 1 });
    first.write(rowBatch(['lost']));
    const second = await openWriter(collect(collected), test, { attempt: 2 });
    const sibling = await openWriter(collect(collected), test, { attempt: 2, subtask: 1 });
    first.write(rowBatch(['too late']));
    second.write(rowBatch(['a']));
    sibling.write(rowBatch(['b']));
    expect(collected.values).toEqual(['a', 'b']);
  });
});
