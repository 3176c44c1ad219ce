import { describe, expect, test } from 'vitest';
import { count } from '../../src/api/aggregates.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import { tumbling } from '../../src/api/windows.ts';
import { defaultMaxParallelism, planJob } from '../../src/graph/plan.ts';
import { type Bid, errorOf, plannedSink } from '../api/support.ts';
import { outline, plan } from './support.ts';

const sink = plannedSink<unknown>();

describe('a plan', () => {
  test('chains a source with everything that reads it forward, up to the sink', () => {
    const graph = plan((bids) =>
      bids
        .map((bid) => bid.price)
        .filter((price) => price > 3)
        .sinkTo(sink),
    );
    expect(outline(graph)).toEqual(['0 bids → map#1 → filter#2 → plannedSink#3 ×2']);
    expect(graph.slots).toBe(2);
  });

  test('begins a task behind every keyBy, and chains what follows', () => {
    const graph = plan((bids) =>
      bids
        .map((bid) => bid)
        .keyBy('bidder')
        .window(tumbling('10s'))
        .aggregate({ bids: count() })
        .map((row) => row.bids)
        .sinkTo(sink),
    );
    expect(outline(graph)).toEqual([
      '0 bids → map#1 → window#2 (first phase) ×2',
      '1 window#2 → map#3 → plannedSink#4 ×2',
      '0.2 -hash→ 1:0',
    ]);
  });

  test('ends a chain at a transform that several read', () => {
    const graph = plan((bids) => {
      const prices = bids.map((bid) => bid.price);
      prices.filter((price) => price > 3).sinkTo(sink);
      prices.filter((price) => price < 3).sinkTo(sink);
    });
    expect(outline(graph)).toEqual([
      '0 bids → map#1 ×2',
      '1 filter#2 → plannedSink#3 ×2',
      '2 filter#4 → plannedSink#5 ×2',
      '0.1 -forward→ 1:0',
      '0.1 -forward→ 2:0',
    ]);
  });

  test('goes on with a chain whose transform also has a side output', () => {
    const cheap = outputTag<Bid>('cheap');
    const graph = plan((bids) => {
      const large = bids.process<Bid>({ process: (bid, _context, output) => output.emit(bid) });
      large.map((bid) => bid.price).sinkTo(sink);
      large.sideOutput(cheap).sinkTo(sink);
    });
    expect(outline(graph)).toEqual([
      '0 bids → process#1 → map#2 → plannedSink#3 ×2',
      '1 plannedSink#4 ×2',
      '0.1[cheap] -forward→ 1:0',
    ]);
  });

  test('begins a task at a union and at a connection, with an edge for each input', () => {
    const graph = plan((bids) => {
      const one = bids.filter((bid) => bid.price > 1);
      const two = bids.filter((bid) => bid.price > 2);
      one
        .union(two)
        .map((bid) => bid.price)
        .sinkTo(sink);
      one
        .connect(two)
        .map({ map1: (bid) => bid.price, map2: (bid) => bid.auction })
        .sinkTo(sink);
    });
    expect(outline(graph)).toEqual([
      '0 bids ×2',
      '1 filter#1 ×2',
      '2 filter#2 ×2',
      '3 map#3 → plannedSink#4 ×2',
      '4 coMap#5 → plannedSink#6 ×2',
      '0.0 -forward→ 1:0',
      '0.0 -forward→ 2:0',
      '1.0 -forward→ 3:0',
      '2.0 -forward→ 3:0',
      '1.0 -forward→ 4:0',
      '2.0 -forward→ 4:1',
    ]);
    expect(graph.tasks[4]?.inputs.map((port) => port.map((edge) => edge.from))).toEqual([[1], [2]]);
  });

  test('keeps two edges of a stream that is united with itself', () => {
    const graph = plan((bids) => bids.union(bids).sinkTo(sink));
    expect(outline(graph)).toEqual([
      '0 bids ×2',
      '1 plannedSink#1 ×2',
      '0.0 -forward→ 1:0',
      '0.0 -forward→ 1:0',
    ]);
  });

  test('puts windows over all records into one subtask, and deals their results out again', () => {
    const graph = plan((bids) => bids.windowAll(tumbling('10s')).aggregate({ bids: count() }).sinkTo(sink));
    expect(outline(graph)).toEqual([
      '0 bids → windowAll#1 (first phase) ×2',
      '1 windowAll#1 ×1',
      '2 plannedSink#2 ×2',
      '0.1 -global→ 1:0',
      '1.0 -rebalance→ 2:0',
    ]);
  });

  test('gives a transform behind global() one subtask unless it asks for more', () => {
    const graph = plan((bids) =>
      bids
        .global()
        .map((bid) => bid)
        .sinkTo(sink)
        .setParallelism(1),
    );
    expect(outline(graph)).toEqual(['0 bids ×2', '1 map#1 → plannedSink#2 ×1', '0.0 -global→ 1:0']);
  });

  test('turns a forward edge between different parallelisms into a rebalance', () => {
    const graph = plan((bids) =>
      bids
        .map((bid) => bid.price)
        .setParallelism(1)
        .sinkTo(sink),
    );
    expect(outline(graph)).toEqual([
      '0 bids ×2',
      '1 map#1 ×1',
      '2 plannedSink#2 ×2',
      '0.0 -rebalance→ 1:0',
      '1.0 -rebalance→ 2:0',
    ]);
  });

  test('cuts where a transform asks for a chain of its own', () => {
    const graph = plan((bids) =>
      bids
        .map((bid) => bid)
        .startNewChain()
        .filter(() => true)
        .disableChaining()
        .map((bid) => bid)
        .sinkTo(sink),
    );
    expect(graph.tasks.map((task) => task.name)).toEqual([
      'bids',
      'map#1',
      'filter#2',
      'map#3 → plannedSink#4',
    ]);
  });

  test('without chaining makes every transform a task', () => {
    const graph = plan(
      (bids) =>
        bids
          .map((bid) => bid)
          .filter(() => true)
          .sinkTo(sink),
      { chaining: false },
    );
    expect(outline(graph)).toEqual([
      '0 bids ×2',
      '1 map#1 ×2',
      '2 filter#2 ×2',
      '3 plannedSink#3 ×2',
      '0.0 -forward→ 1:0',
      '1.0 -forward→ 2:0',
      '2.0 -forward→ 3:0',
    ]);
  });

  test('needs as many slots as its widest task', () => {
    const graph = plan((bids) => bids.setParallelism(3).sinkTo(sink).setParallelism(1), { parallelism: 8 });
    expect(graph.slots).toBe(3);
  });
});

describe('key groups', () => {
  test('are at least 128 and the next power of two from four times the parallelism', () => {
    expect([1, 2, 32, 33, 64, 65, 1000].map(defaultMaxParallelism)).toEqual([
      128, 128, 128, 256, 256, 512, 4096,
    ]);
  });

  test('never are more than a key group number can say', () => {
    expect(defaultMaxParallelism(32_768)).toBe(32_768);
  });

  test('can be given, but not below the parallelism', () => {
    expect(plan((bids) => bids.sinkTo(sink), { maxParallelism: 10 }).maxParallelism).toBe(10);
    expect(errorOf(() => plan((bids) => bids.sinkTo(sink), { maxParallelism: 1 })).message).toBe(
      'The maxParallelism 1 is not a whole number from 2 to 32768.',
    );
  });
});

describe('a job that cannot be planned', () => {
  test('is one without transforms', () => {
    expect(errorOf(() => planJob([], { parallelism: 1 })).message).toBe('The job has no source and no sink.');
  });

  test('is one with a stream that no sink reads, and the error names it', () => {
    const error = errorOf(() =>
      plan((bids) => {
        bids.sinkTo(sink);
        bids.map((bid) => bid.price).name('lost prices');
      }),
    );
    expect(error.code).toBe('job-invalid');
    expect(error.message).toBe('The results of “lost prices” go nowhere: no sink reads them.');
    expect(error.where).toEqual({ transform: 'lost prices' });
  });

  test('is one with a transform wider than the job', () => {
    const error = errorOf(() =>
      plan((bids) =>
        bids
          .map((bid) => bid)
          .setParallelism(3)
          .sinkTo(sink),
      ),
    );
    expect(error.message).toBe('The transform “map#1” asks for a parallelism of 3, but the job has 2.');
  });

  test('is one with windows over all records in several subtasks', () => {
    const error = errorOf(() =>
      plan((bids) =>
        bids.windowAll(tumbling('1s')).aggregate({ bids: count() }).setParallelism(2).sinkTo(sink),
      ),
    );
    expect(error.message).toContain('cannot run in 2 subtasks');
  });

  test('is one whose parallelism is no whole number', () => {
    expect(errorOf(() => plan((bids) => bids.sinkTo(sink), { parallelism: 0 })).message).toContain(
      'parallelism 0',
    );
    expect(errorOf(() => plan((bids) => bids.sinkTo(sink), { parallelism: 1.5 })).message).toContain('1.5');
  });
});

describe('the names of state', () => {
  const counting =
    (name?: string): ((...parameters: Parameters<Parameters<typeof plan>[0]>) => void) =>
    (bids) => {
      const counts = bids.keyBy('bidder').aggregate({ bids: count() });
      (name === undefined ? counts : counts.name(name)).sinkTo(sink);
    };

  test('may be missing without checkpoints', () => {
    expect(plan(counting()).tasks).toHaveLength(2);
  });

  test('must be given with checkpoints, and the error says to what', () => {
    const error = errorOf(() => plan(counting(), { checkpoints: true }));
    expect(error.message).toContain('“aggregate#1” keeps state but has neither uid nor name');
    expect(plan(counting('counts'), { checkpoints: true }).tasks).toHaveLength(2);
  });

  test('must be given to a source and to a two-phase sink too', () => {
    const twoPhase = {
      ...sink,
      createCommitter: () => ({ commit: async () => undefined, abort: async () => undefined }),
    };
    expect(errorOf(() => plan((bids) => bids.sinkTo(twoPhase), { checkpoints: true })).message).toContain(
      'plannedSink#1',
    );
    expect(plan((bids) => bids.sinkTo(twoPhase).uid('out'), { checkpoints: true }).tasks).toHaveLength(1);
  });

  test('must differ between transforms with state, but not between those without', () => {
    const twice = (): unknown =>
      plan((bids) => {
        bids.keyBy('bidder').aggregate({ bids: count() }).name('counts').sinkTo(sink);
        bids.keyBy('auction').aggregate({ bids: count() }).name('counts').sinkTo(sink);
      });
    expect(errorOf(twice).message).toBe(
      'Two transforms that keep state are both called “counts”: “counts” and “counts”.',
    );
    const maps = plan((bids) =>
      bids
        .map((bid) => bid)
        .name('same')
        .map((bid) => bid)
        .name('same')
        .sinkTo(sink),
    );
    expect(maps.tasks).toHaveLength(1);
  });
});
