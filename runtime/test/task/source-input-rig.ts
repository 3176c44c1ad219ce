import {
  boundedOutOfOrderness,
  type PollResult,
  type SourceReader,
  type SplitOutput,
  type WatermarkStrategy,
} from 'millrace';
import type { StreamElement } from '../../src/exchange/element.ts';
import { SourceInput, type SourceInputSettings } from '../../src/task/source-input.ts';

type Poll = (split: (id: string) => SplitOutput<unknown>) => PollResult;

interface RigSettings extends Partial<SourceInputSettings> {
  readonly strategy?: WatermarkStrategy<unknown>;
  /** The reader holds something back that it has promised to deliver. */
  readonly stop?: () => void;
}

/** A source input whose reader does what a test says; what comes out is told as text. */
export const newRig = ({ strategy = boundedOutOfOrderness('0s'), stop, ...settings }: RigSettings = {}) => {
  const refused: unknown[] = [];
  const input = new SourceInput({
    uid: 'source',
    watermarks: strategy.settings,
    failures: {
      recoverable: true,
      handle: (error, record, timestampMs) => void refused.push({ error, record, timestampMs }),
    },
    onlyFinalWatermark: false,
    ...settings,
  });
  const polls: Poll[] = [];
  const outputs = new Map<string, SplitOutput<unknown>>();
  const split = (id: string): SplitOutput<unknown> => {
    const known = outputs.get(id) ?? input.split(id);
    outputs.set(id, known);
    return known;
  };
  let closed = 0;
  const reader: SourceReader<unknown> = {
    addSplit: () => undefined,
    noMoreSplits: () => undefined,
    poll: () => polls.shift()?.(split) ?? 'waiting',
    ...(stop === undefined ? {} : { stop }),
    snapshot: () => [],
    close: () => void closed++,
  };
  input.attach(reader);
  return {
    input,
    refused,
    split,
    closed: () => closed,
    /** Lets the reader do this at its next poll. */
    onPoll: (poll: Poll): void => void polls.push(poll),
    /** Everything that comes out at this time. */
    take: (nowMs = 0): string[] => {
      const out: string[] = [];
      for (let element = input.next(nowMs); element !== undefined; element = input.next(nowMs)) {
        out.push(describeElement(element));
      }
      return out;
    },
  };
};

export const describeElement = (element: StreamElement): string => {
  switch (element.kind) {
    case 'batch':
      return Array.from(
        { length: element.length },
        (_, i) => `${String(element.rows()[i])}@${element.timestamps[i]}`,
      ).join(' ');
    case 'watermark':
      return `w${element.timeMs}`;
    case 'end':
      return element.drained ? 'end' : 'stopped';
    case 'barrier':
      return `b${element.id}`;
    default:
      return element.kind;
  }
};

/** The reader reads these timestamps from a split. */
export const reads =
  (id: string, ...timesMs: readonly number[]): Poll =>
  (split) => {
    for (const timeMs of timesMs) split(id).emit('r', timeMs);
    return 'more';
  };
