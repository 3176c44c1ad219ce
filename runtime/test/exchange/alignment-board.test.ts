import { monotonousTimestamps } from 'millrace';
import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { AlignmentBoard, allocateAlignment } from '../../src/exchange/alignment-board.ts';
import type { PhysicalGraph } from '../../src/graph/physical-graph.ts';

/** Two sources of one group and one of another, a sink each. */
const graphOf = (slots: number): PhysicalGraph =>
  buildGraph(
    (env) => {
      for (const group of ['readings', 'readings', 'other']) {
        const strategy = monotonousTimestamps<number>().withAlignment(group, '1s');
        env.fromSource(collection([1]), strategy).sinkTo(blackhole());
      }
    },
    {},
    { parallelism: slots },
  );

const boards = (slots: number): readonly AlignmentBoard[] => {
  const graph = graphOf(slots);
  const memory = allocateAlignment(graph);
  return Array.from({ length: slots }, (_, slot) => new AlignmentBoard(graph, slot, memory));
};

describe('the board of an alignment group', () => {
  it('holds everybody at the start', () => {
    const [board] = boards(2) as [AlignmentBoard];
    expect(board.leastOf('readings')).toBe(-Infinity);
  });

  it('knows the least watermark over all slots and sources of the group', () => {
    const [left, right] = boards(2) as [AlignmentBoard, AlignmentBoard];
    left.report(0, 10);
    left.report(1, 40);
    right.report(0, 30);
    expect(left.leastOf('readings')).toBe(-Infinity);
    right.report(1, 20);
    expect(left.leastOf('readings')).toBe(10);
    left.report(0, 50);
    expect([left, right].map((board) => board.leastOf('readings'))).toEqual([20, 20]);
  });

  it('is not held back by who is idle or has ended', () => {
    const [board] = boards(1) as [AlignmentBoard];
    board.report(0, 10);
    board.report(1, Infinity);
    expect(board.leastOf('readings')).toBe(10);
    board.report(0, Infinity);
    expect(board.leastOf('readings')).toBe(Infinity);
  });

  it('keeps groups apart, and lets a group that nobody is in run', () => {
    const [board] = boards(1) as [AlignmentBoard];
    board.report(0, 10);
    board.report(1, 10);
    expect(board.leastOf('other')).toBe(-Infinity);
    expect(board.leastOf('nobody')).toBe(Infinity);
  });
});
