/**
 * Fakes around a processor: a context with a manual clock, emitters that collect, a policy for failures, and a driver that
 * cuts a list of inputs into batches. A test says `fakeContext()`, makes a processor with it and looks at `outputs`.
 */
import { Batch } from '../../src/batch/batch.ts';
import { hashValue } from '../../src/batch/hash.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { MemoryAccount } from '../../src/state/memory-account.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import { MetricGroup } from '../../src/telemetry/metrics.ts';
import type { Budget, Emitter, Processor, ProcessorContext } from '../../src/transforms/processor.ts';
import { ManualSystem } from './manual-system.ts';

/** A record that came out. `timestampMs` NaN = none. */
export interface Emitted {
  readonly value: unknown;
  readonly timestampMs: number;
}

/** Collects what is emitted; batches are taken apart. */
export class CollectingEmitter implements Emitter {
  readonly records: Emitted[] = [];
  /** The batches handed over whole. */
  readonly batches: Batch[] = [];

  get values(): unknown[] {
    return this.records.map(({ value }) => value);
  }

  emit(value: unknown, timestampMs: number): void {
    this.records.push({ value, timestampMs });
  }

  emitBatch(batch: Batch): void {
    this.batches.push(batch);
    batch.rows().forEach((value, i) => {
      if (i < batch.length) this.emit(value, batch.timestamps[i] as number);
    });
  }

  mark(): number {
    return this.records.length;
  }

  rollback(mark: number): void {
    this.records.length = mark;
  }

  /** What came since the last call. */
  take(): unknown[] {
    return this.records.splice(0).map(({ value }) => value);
  }
}

/** A record that was left out by the policy. */
export interface FailedRecord {
  readonly error: unknown;
  readonly record: unknown;
  readonly timestampMs: number;
}

export interface FakeContextSettings {
  /** `fail` (default): the error is thrown. `drop`: it is noted in `failed` and the processor goes on. */
  readonly policy?: 'fail' | 'drop';
  readonly nowMs?: number;
  readonly subtask?: number;
  readonly parallelism?: number;
  readonly maxParallelism?: number;
  readonly args?: Readonly<Record<string, string>>;
  readonly transformName?: string;
  readonly checkpoints?: boolean;
}

export interface FakeContext extends ProcessorContext {
  readonly machine: ManualSystem;
  readonly main: CollectingEmitter;
  /** Side outputs by tag; made when first used. */
  readonly sides: ReadonlyMap<string, CollectingEmitter>;
  sideOutput(tag: string): CollectingEmitter;
  readonly failed: readonly FailedRecord[];
  /** Errors given to `fail`. */
  readonly fatal: readonly unknown[];
  readonly wakes: () => number;
}

const quietLogger: Logger = new Proxy({}, { get: () => () => undefined }) as Logger;

/** What a processor is given by the task, with everything observable. The clock is `machine.nowMs`. */
export const fakeContext = (settings: FakeContextSettings = {}): FakeContext => {
  const machine = new ManualSystem(settings.nowMs ?? 0);
  const main = new CollectingEmitter();
  const sides = new Map<string, CollectingEmitter>();
  const failed: FailedRecord[] = [];
  const fatal: unknown[] = [];
  let wakes = 0;
  const side = (tag: string): CollectingEmitter => {
    const emitter = sides.get(tag) ?? new CollectingEmitter();
    sides.set(tag, emitter);
    return emitter;
  };
  const recoverable = settings.policy === 'drop';
  const handle = (error: unknown, record: unknown, timestampMs: number): void => {
    if (!recoverable || (MillraceError.is(error) && error.where['transform'] !== undefined)) throw error;
    failed.push({ error, record, timestampMs });
  };
  return {
    system: machine.system,
    logger: quietLogger,
    metrics: new MetricGroup(),
    jobName: 'test-job',
    transformName: settings.transformName ?? 'under-test',
    uid: 'under-test',
    owner: 'test-job/under-test',
    subtask: settings.subtask ?? 0,
    parallelism: settings.parallelism ?? 1,
    maxParallelism: settings.maxParallelism ?? 128,
    attempt: 1,
    checkpoints: settings.checkpoints ?? false,
    args: settings.args ?? {},
    baseDirectory: '.',
    output: main,
    side,
    failures: { recoverable, handle },
    memory: new MemoryAccount(),
    nowMs: () => machine.nowMs,
    wake: () => {
      wakes++;
    },
    fail: (error) => {
      fatal.push(error);
    },
    machine,
    main,
    sides,
    sideOutput: side,
    failed,
    fatal,
    wakes: () => wakes,
  };
};

/** A budget of so many units of work. */
export const budgetOf = (units: number): Budget => {
  let left = units;
  return { take: () => left-- > 0 };
};

/** A record on its way in. `key` makes it a record of a keyed edge. */
export interface RecordIn {
  readonly value: unknown;
  readonly timestampMs?: number;
  readonly key?: unknown;
  readonly port?: number;
}

/** What a processor may be given: a record, a watermark, or a new time of the clock. */
export type Input = RecordIn | { readonly watermarkMs: number } | { readonly clockMs: number };

const isRecord = (input: Input): input is RecordIn => 'value' in input;

/** A batch of these records, with keys when they have some; number keys go as a Float64Array, as on a real edge. */
export const batchOf = (records: readonly RecordIn[]): Batch => {
  const timestamps = Float64Array.from(records, ({ timestampMs = NaN }) => timestampMs);
  const batch = Batch.ofRows(
    records.map(({ value }) => value),
    timestamps,
  );
  if (!records.some((record) => 'key' in record)) return batch;
  const keys = records.map(({ key }) => key);
  const hashes = Uint32Array.from(keys, (key) => hashValue(key));
  const numeric = keys.every((key) => typeof key === 'number');
  return batch.withKeys({ values: numeric ? Float64Array.from(keys as number[]) : keys, hashes });
};

/** Moves event time, repeating the call as the task does until it is done; each slice gets a budget of so many units. */
export const advanceWatermark = (
  processor: Processor,
  watermarkMs: number,
  units: number = Infinity,
): void => {
  while (processor.advanceWatermark?.(watermarkMs, budgetOf(units)) === false);
};

/** Moves the clock of the machine and tells the processor when something of it is due. */
export const advanceClock = (
  processor: Processor,
  context: FakeContext,
  clockMs: number,
  units: number = Infinity,
): void => {
  context.machine.advance(clockMs - context.machine.nowMs);
  while ((processor.nextTimeMs?.() ?? Infinity) <= clockMs) {
    if (processor.advanceTime?.(clockMs, budgetOf(units)) !== false) break;
  }
};

/** Ends the input as the task does: watermark +∞, then `finish`. */
export const finish = (processor: Processor, units: number = Infinity): void => {
  advanceWatermark(processor, Infinity, units);
  while (processor.finish?.(budgetOf(units)) === false);
};

/** Gives inputs in order; records that follow each other on one port share batches of at most `batchSize`. */
export const drive = (
  processor: Processor,
  context: FakeContext,
  inputs: readonly Input[],
  batchSize: number = 2048,
  units: number = Infinity,
): void => {
  let waiting: RecordIn[] = [];
  const flush = (): void => {
    if (waiting.length > 0) processor.process(batchOf(waiting), waiting[0]?.port ?? 0);
    waiting = [];
  };
  for (const input of inputs) {
    if (isRecord(input)) {
      if ((waiting[0]?.port ?? 0) !== (input.port ?? 0) || waiting.length === batchSize) flush();
      waiting.push(input);
      continue;
    }
    flush();
    if ('watermarkMs' in input) advanceWatermark(processor, input.watermarkMs, units);
    else advanceClock(processor, context, input.clockMs, units);
  }
  flush();
};
