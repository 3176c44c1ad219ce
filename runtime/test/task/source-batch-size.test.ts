import { Batch, boundedOutOfOrderness, type PollResult } from 'millrace';
import { describe, expect, it } from 'vitest';
import type { StreamElement } from '../../src/exchange/element.ts';
import { SourceInput } from '../../src/task/source-input.ts';
import { textOf } from './rig.ts';

/** The elements of a source whose one batch holds records of these times. */
const elementsOf = (timesMs: readonly number[], batchSize: number | undefined): readonly string[] => {
  const input = new SourceInput({
    uid: 'source',
    watermarks: boundedOutOfOrderness('1s').settings,
    failures: { recoverable: false, handle: () => undefined },
    onlyFinalWatermark: false,
    batchSize,
  });
  const output = input.split('only');
  const polls: (() => PollResult)[] = [
    () => {
      output.emitBatch(Batch.ofRows(timesMs, Float64Array.from(timesMs)));
      return 'more';
    },
    () => 'end',
  ];
  input.attach({
    addSplit: () => undefined,
    noMoreSplits: () => undefined,
    poll: () => polls.shift()?.() ?? 'end',
    snapshot: () => [],
    close: () => undefined,
  });
  const elements: StreamElement[] = [];
  for (let next = input.next(0); next !== undefined; next = input.next(0)) elements.push(next);
  return elements.map(textOf);
};

const times = [1000, 5000, 7000, 6000, 9000];

describe('a source', () => {
  it('hands on the batches of its reader as they are', () => {
    expect(elementsOf(times, undefined)).toEqual(['1000 5000 7000 6000 9000', 'w7999', 'wInfinity', 'end']);
    expect(elementsOf(times, 5)).toEqual(elementsOf(times, undefined));
  });

  it('cuts them where a batch size is asked for, with a watermark behind each part', () => {
    const cut = ['1000 5000', 'w3999', '7000 6000', 'w5999', '9000', 'w7999', 'wInfinity', 'end'];
    expect(elementsOf(times, 2)).toEqual(cut);
  });
});
