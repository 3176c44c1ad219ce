import { Batch, type DataStream } from 'millrace';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/batch/codec.ts';
import type { InFlightUnit } from '../../src/checkpoint/snapshot-unit.ts';
import { channelName, edgeNames } from '../../src/exchange/channel-names.ts';
import type { StreamElement } from '../../src/exchange/element.ts';
import { writeElement } from '../../src/exchange/frame.ts';
import { LocalChannel } from '../../src/exchange/local-channel.ts';
import { initialRouting } from '../../src/exchange/routing-table.ts';
import type { Task, TaskEdge } from '../../src/graph/physical-graph.ts';
import { restoreInFlight } from '../../src/task/restore-in-flight.ts';
import { graphOf } from '../exchange/slots.ts';

const silent = (): void => undefined;

const batch = (...values: readonly number[]): Batch => Batch.ofRows(values, new Float64Array(values.length));

const encoded = (element: StreamElement): Uint8Array => {
  const writer = new ByteWriter();
  writeElement(element, writer);
  return writer.toBytes();
};

/** What the slots of a job begin with on one edge, as texts by slot: `channel: values`. */
const restored = (
  slots: number,
  build: (numbers: DataStream<number>) => DataStream<unknown>,
  elements: readonly { readonly from: number; readonly to: number; readonly element: StreamElement }[],
  isRerouted: boolean,
): string[][] => {
  const graph = graphOf(slots, build);
  const edge = graph.edges.find(
    ({ to }) => graph.tasks[to]?.name.includes('under test') === true,
  ) as TaskEdge;
  const name = edgeNames(graph)[edge.index] as string;
  const inFlight = elements.map(
    ({ from, to, element }): InFlightUnit => ({
      kind: 'inFlight',
      uid: 'under test',
      state: channelName({ edge: name, fromSlot: from }),
      subtask: to,
      items: [encoded(element)],
    }),
  );
  const senders = (graph.tasks[edge.from] as Task).parallelism;
  return Array.from({ length: slots }, (_, slot) => {
    const froms =
      edge.partitioning.kind === 'forward' ? [slot] : Array.from({ length: senders }, (__, i) => i);
    const channels = new Map(
      froms.map((fromSlot) => [channelName({ edge: name, fromSlot }), new LocalChannel(silent, silent)]),
    );
    const own = isRerouted ? inFlight : inFlight.filter(({ subtask }) => subtask === slot);
    const routing = initialRouting(slots, graph.maxParallelism);
    restoreInFlight({ inFlight: own, isRerouted }, { graph, slot, routing }, channels);
    return [...channels.values()].flatMap((channel, from) => {
      const texts: string[] = [];
      for (let next = channel.poll(); next !== undefined; next = channel.poll()) {
        const hasKeys = next.kind === 'batch' && next.keys !== undefined ? ' keyed' : '';
        texts.push(`${from}: ${next.kind === 'batch' ? next.rows().join(' ') : next.kind}${hasKeys}`);
      }
      return texts;
    });
  });
};

const counting = (numbers: DataStream<number>): DataStream<unknown> =>
  numbers
    .keyBy((n) => n)
    .reduce((one) => one)
    .name('under test');
const rebalanced = (numbers: DataStream<number>): DataStream<unknown> =>
  numbers
    .rebalance()
    .map((n) => n)
    .name('under test');

/** All values behind the colon, in all slots. */
const valuesOf = (slots: readonly (readonly string[])[]): number[] =>
  slots
    .flat()
    .flatMap((text) => text.replace(/^\d+: | keyed$/g, '').split(' '))
    .map(Number)
    .sort((one, other) => one - other);

describe('what was in flight', () => {
  it('is in its channel again, watermarks among the records, with keys where the edge has them', () => {
    const elements = [
      { from: 1, to: 0, element: batch(1, 2) },
      { from: 1, to: 0, element: { kind: 'watermark', timeMs: 5 } as const },
      { from: 1, to: 0, element: batch(3) },
      { from: 0, to: 1, element: batch(4) },
    ];
    expect(restored(2, counting, elements, false)).toEqual([
      ['1: 1 2 keyed', '1: watermark', '1: 3 keyed'],
      ['0: 4 keyed'],
    ]);
  });

  it('is routed by key when channels lead elsewhere: each record goes to one slot, records of a key in their order', () => {
    const values = Array.from({ length: 60 }, (_, i) => i);
    const elements = [
      { from: 1, to: 0, element: batch(...values.slice(0, 30)) },
      { from: 1, to: 0, element: { kind: 'watermark', timeMs: 5 } as const },
      { from: 0, to: 1, element: batch(...values.slice(30)) },
    ];
    const slots = restored(3, counting, elements, true);
    expect(valuesOf(slots)).toEqual(values);
    expect(slots.every((texts) => texts.length > 0 && texts.every((text) => text.endsWith('keyed')))).toBe(
      true,
    );
    const again = restored(1, counting, elements, true);
    expect(valuesOf(again)).toEqual(values);
  });

  it('is dealt out once where any slot may have it', () => {
    const elements = [0, 1].flatMap((to) => [
      { from: 0, to, element: batch(to * 10, to * 10 + 1, to * 10 + 2) },
      { from: 1, to, element: batch(to * 10 + 3, to * 10 + 4) },
    ]);
    for (const slots of [1, 3]) {
      expect(valuesOf(restored(slots, rebalanced, elements, true))).toEqual([
        0, 1, 2, 3, 4, 10, 11, 12, 13, 14,
      ]);
    }
  });

  it('goes to every slot on a broadcast edge, as the first subtask had it', () => {
    const broadcast = (numbers: DataStream<number>): DataStream<unknown> =>
      numbers
        .broadcast()
        .map((n) => n)
        .name('under test');
    const elements = [
      { from: 0, to: 0, element: batch(2) },
      { from: 0, to: 1, element: batch(1) },
      { from: 0, to: 1, element: batch(2) },
    ];
    expect(restored(3, broadcast, elements, true)).toEqual([['0: 2'], ['0: 2'], ['0: 2']]);
  });
});
