/**
 * A subtask with everything around it in the test's hands: the elements of its input, the processors of its chain, the credit
 * of its output and the clock. What happens is told as texts, in order.
 */
import { Batch } from 'millrace';
import type { Barrier, StreamElement } from '../../src/exchange/element.ts';
import { Chain } from '../../src/task/chain.ts';
import { ChainEmitter } from '../../src/task/chain-emitter.ts';
import type { EdgeOutput } from '../../src/task/edge-output.ts';
import type { SubtaskInput } from '../../src/task/input.ts';
import type { KeyGroupMoves } from '../../src/task/key-group-moves.ts';
import { newStatistics } from '../../src/task/statistics.ts';
import { Subtask } from '../../src/task/subtask.ts';
import type { Emitter, Processor } from '../../src/transforms/processor.ts';
import { ManualSystem } from '../transforms/manual-system.ts';

/** A batch of these values, at time 0. */
export const records = (...values: readonly unknown[]): Batch =>
  Batch.ofRows(values, new Float64Array(values.length));
export const watermark = (timeMs: number): StreamElement => ({ kind: 'watermark', timeMs });
export const barrier = (id: number): Barrier => ({ kind: 'barrier', id });
export const idle: StreamElement = { kind: 'idle' };
export const end: StreamElement = { kind: 'end', drained: true };
export const stopped: StreamElement = { kind: 'end', drained: false };

/** An element as text: records as they are, `w5`, `b1`, `idle`, `end`, `stopped`. */
export const textOf = (element: StreamElement): string => {
  switch (element.kind) {
    case 'batch':
      return element.rows().slice(0, element.length).map(String).join(' ');
    case 'watermark':
      return `w${element.timeMs}`;
    case 'barrier':
      return `b${element.id}`;
    case 'end':
      return element.drained ? 'end' : 'stopped';
    default:
      return element.kind;
  }
};

/** What a test says of one processor: it gets the log and what it emits into. */
export type Link = (log: string[], output: Emitter) => Partial<Processor>;

/** A processor that hands everything on and notes the watermarks it sees. */
export const passing =
  (name: string): Link =>
  (log, output) => ({
    process: (batch) => output.emitBatch(batch),
    advanceWatermark: (timeMs) => {
      log.push(`${name} w${timeMs}`);
      return true;
    },
    finish: () => {
      log.push(`${name} finish`);
      return true;
    },
  });

export interface RigSettings {
  readonly links: readonly Link[];
  readonly input?: Partial<SubtaskInput>;
}

export const newRig = ({ links, input = {} }: RigSettings) => {
  const machine = new ManualSystem(1000);
  const log: string[] = [];
  const elements: StreamElement[] = [];
  const control = { credit: true, taken: 0, ended: [] as boolean[] };
  let target = (batch: Batch): void => void log.push(`out ${textOf(batch)}`);
  const built = links
    .toReversed()
    .map((link) => {
      const emitter = new ChainEmitter([target], false);
      const processor: Processor = { process: (batch) => emitter.emitBatch(batch), ...link(log, emitter) };
      target = (batch) => processor.process(batch, 0);
      return { name: 'link', uid: 'link', processor, emitters: [emitter] };
    })
    .toReversed();
  const output = {
    recordsSent: 0,
    counts: { queued: 3, usage: 0.5, bytes: 40 },
    hasCredit: () => control.credit,
    sendToAll: (element: StreamElement) => void log.push(`out ${textOf(element)}`),
    sendToNext: (element: StreamElement) => void log.push(`next ${textOf(element)}`),
  };
  const subtask = new Subtask({
    task: 0,
    name: 'under test',
    uid: 'under test',
    slot: 0,
    clock: machine.system.clock,
    input: {
      port: 0,
      next: () => {
        control.taken++;
        return elements.shift();
      },
      nextTimeMs: () => Infinity,
      ...input,
    },
    chain: new Chain(built),
    outputs: [output as unknown as EdgeOutput],
    statistics: newStatistics(),
    moves: {
      onBarrier: ({ id }: Barrier) => void log.push(`moves b${id}`),
      sendLeaving: () => undefined,
    } as unknown as KeyGroupMoves,
    onMarker: (source, latencyMs) => void log.push(`from ${source} in ${latencyMs}`),
    onEnd: (drained) => control.ended.push(drained),
  });
  return {
    subtask,
    machine,
    log,
    control,
    give: (...more: readonly StreamElement[]): void => void elements.push(...more),
    /** Steps until there is nothing to do; gives the number of steps that made progress. */
    run: (): number => {
      let steps = 0;
      while (subtask.step() === 'progress') {
        steps++;
        if (steps > 10_000) throw new Error('The subtask goes round in circles.');
      }
      return steps;
    },
    /** What was noted since the last call. */
    take: (): string[] => log.splice(0),
  };
};
