/**
 * `testing` is what the author of a job tests it with. A *harness* runs part of a job, a single function or a chain, under a
 * clock that stands still: the test pushes records and watermarks, moves the clock, and reads what came out and what is in
 * state. `executeAndCollect` and `runJob` run whole bounded jobs, `createSinkHarness` drives a sink through its checkpoints.
 */
import type { DataStream } from '../api/data-stream.ts';
import type { OutputTag } from '../api/output-tag.ts';
import type { StateAccess, StateDescriptor } from '../api/state.ts';
import type { Collected } from '../connectors/collect/index.ts';
import { MillraceError } from '../contract/errors.ts';
import type { DeadLetter, DeadLetterPolicy } from '../task/failures.ts';
import type { MetricGroup } from '../telemetry/metrics.ts';
import { Fragment } from './fragment.ts';
import { stateOfKey, waitingTimers } from './keyed-state.ts';
import { settle, waitUntil } from './settle.ts';
import { createTestSystem, type TestSystem } from './test-system.ts';

export interface HarnessOptions {
  readonly args?: Readonly<Record<string, string>>;
  /** The clock and the random numbers; default a new one that starts at 0. */
  readonly machine?: TestSystem;
  /** Side outputs of the fragment's last transform that the test wants to read. */
  readonly sideOutputs?: readonly OutputTag<unknown>[];
  /** Default `fail`: what a function throws is thrown by the call of the test. */
  readonly deadLetterPolicy?: DeadLetterPolicy;
  /**
   * Default true: emitted records are frozen and must be values that a record may be, and values of state must not change
   * after the call that they belong to.
   */
  readonly checks?: boolean;
}

/** A record that came out. `timestampMs` undefined = it has no event time. */
export interface OutputRecord<T> {
  readonly value: T;
  readonly timestampMs: number | undefined;
}

/** State of one transform after another, as bytes; see `Harness.snapshot`. */
export interface HarnessSnapshot {
  readonly keyGroups: readonly {
    readonly transform: number;
    readonly keyGroup: number;
    readonly bytes: Uint8Array;
  }[];
}

/** As many key groups as a job of parallelism 1 has. */
const keyGroups = 128;

const recordsOf = <T>({ values, timestampsMs }: Collected<unknown>): readonly OutputRecord<T>[] =>
  values.map((value, i) => {
    const timestampMs = timestampsMs[i] as number;
    return { value: value as T, timestampMs: Number.isNaN(timestampMs) ? undefined : timestampMs };
  });

/** Part of a job under test. `Inputs` are the types of its inputs, `R` is what comes out. Every call throws what a function threw. */
export class Harness<Inputs extends readonly unknown[], R> {
  readonly machine: TestSystem;
  private readonly fragment: Fragment;
  private taken = 0;

  constructor(machine: TestSystem, fragment: Fragment) {
    this.machine = machine;
    this.fragment = fragment;
  }

  /** Pushes a record into the first input. Without a timestamp it has no event time. */
  async push(value: Inputs[0], timestampMs: number = NaN): Promise<void> {
    await this.pushTo(0, value, timestampMs);
  }

  /** Pushes a record into the input of this number, from 0. */
  async pushTo<I extends keyof Inputs & number>(
    input: I,
    value: Inputs[I],
    timestampMs: number = NaN,
  ): Promise<void> {
    this.input(input).push({ kind: 'record', value, timestampMs });
    await this.step();
  }

  /** Moves event time in all inputs, or in one. */
  async pushWatermark(timeMs: number, input?: number): Promise<void> {
    for (const each of this.some(input)) each.push({ kind: 'watermark', timeMs });
    await this.step();
  }

  /** Says that an input is idle: it holds nobody back until its next record. */
  async markIdle(input: number = 0): Promise<void> {
    this.input(input).push({ kind: 'idle' });
    await this.step();
  }

  /** Moves the clock; timers of processing time fire on the way. */
  async advanceTime(byMs: number): Promise<void> {
    this.machine.advance(byMs);
    await this.step();
  }

  /** Ends an input, or all: event time goes to +∞. When all have ended, functions are closed. */
  async finish(input?: number): Promise<void> {
    for (const each of this.some(input)) each.end();
    await this.step();
  }

  /** Waits, in real time, for calls to the outside that the fragment has under way. */
  async waitFor(condition: () => boolean): Promise<void> {
    await waitUntil(this.machine, () => condition() || this.fragment.failure !== undefined);
    await this.step();
  }

  /** Tells every function that a checkpoint is durable. */
  async completeCheckpoint(checkpointId: number): Promise<void> {
    for (const lifecycle of this.fragment.lifecycles) lifecycle.checkpointComplete?.(checkpointId);
    await this.step();
  }

  /** Tells every function that a checkpoint was given up. */
  async abortCheckpoint(checkpointId: number): Promise<void> {
    for (const lifecycle of this.fragment.lifecycles) lifecycle.checkpointAborted?.(checkpointId);
    await this.step();
  }

  /** Everything that has come out, in order. */
  get values(): readonly R[] {
    return this.fragment.main.values as readonly R[];
  }

  /** Everything that has come out, with its event time. */
  get records(): readonly OutputRecord<R>[] {
    return recordsOf<R>(this.fragment.main);
  }

  /** What has come out since the last call of this method. */
  takeValues(): readonly R[] {
    const values = this.values.slice(this.taken);
    this.taken += values.length;
    return values;
  }

  /**
   * What has gone to a side output.
   * @throws MillraceError job-invalid when the option `sideOutputs` does not name it.
   */
  sideOutput<S>(tag: OutputTag<S>): readonly OutputRecord<S>[] {
    const side = this.fragment.sides.get(tag.name);
    if (side !== undefined) return recordsOf<S>(side);
    throw new MillraceError('job-invalid', `The harness does not collect the side output “${tag.name}”.`, {
      hint: 'Name it in the option sideOutputs of createHarness.',
    });
  }

  /** Records that could not be processed, when the policy is `deadLetter`. */
  get deadLetters(): readonly DeadLetter[] {
    return this.fragment.deadLetters;
  }

  /** Metrics of a transform's function, by the name of the transform. */
  metrics(transform: string): MetricGroup {
    return this.fragment.metrics.group(transform);
  }

  /**
   * The state of a key: read by the handle's own methods, `await harness.stateOf('anna').state(descriptor).value()`. A copy:
   * changing it has no effect. `transform` is needed when several functions have keyed state.
   */
  stateOf(key: unknown, transform?: string): StateAccess {
    const place = { transform, keyGroups, nowMs: this.machine.nowMs };
    const state = (descriptor: StateDescriptor): unknown =>
      stateOfKey(this.fragment.transforms, descriptor, key, place);
    return { state: state as StateAccess['state'] };
  }

  /** How many timers wait, over all keys. */
  timers(transform?: string): { readonly event: number; readonly processing: number } {
    return waitingTimers(this.fragment.transforms, transform);
  }

  /** Keyed state and timers of all transforms as a checkpoint would hold them; give it to `restoreHarness`. */
  snapshot(): HarnessSnapshot {
    return {
      keyGroups: this.fragment.transforms.flatMap(({ processor }, transform) =>
        Array.from({ length: keyGroups }, (_, keyGroup) => keyGroup).flatMap((keyGroup) => {
          const bytes = processor.exportKeyGroup?.(keyGroup);
          return bytes === undefined ? [] : [{ transform, keyGroup, bytes }];
        }),
      ),
    };
  }

  /** For `restoreHarness`. */
  restore(snapshot: HarnessSnapshot): void {
    for (const { transform, keyGroup, bytes } of snapshot.keyGroups) {
      this.fragment.transforms[transform]?.processor.importKeyGroup?.(keyGroup, bytes);
    }
  }

  /** Whether all inputs have ended and all functions are closed. */
  get ended(): boolean {
    return this.fragment.ended;
  }

  /** Closes all functions without ending the input, as when a job is cancelled. */
  async close(): Promise<void> {
    await this.fragment.cancel();
  }

  /** For `createHarness`: lets everything that can go on do so. */
  async step(): Promise<void> {
    await settle(this.machine);
    const { failure } = this.fragment;
    if (failure !== undefined) throw failure;
    this.fragment.endCall();
  }

  private input(input: number): Fragment['inputs'][number] {
    const found = this.fragment.inputs[input];
    if (found !== undefined) return found;
    throw new MillraceError('job-invalid', `There is no input ${input}.`, {
      hint: `Inputs are numbered from 0; there are ${this.fragment.inputs.length}.`,
    });
  }

  private some(input: number | undefined): Fragment['inputs'] {
    return input === undefined ? this.fragment.inputs : [this.input(input)];
  }
}

type AnyStreams = readonly DataStream<unknown>[];

const start = async <Inputs extends readonly unknown[], R>(
  build: (...streams: never[]) => DataStream<R>,
  inputs: number,
  options: HarnessOptions,
  snapshot?: HarnessSnapshot,
): Promise<Harness<Inputs, R>> => {
  const machine = options.machine ?? createTestSystem();
  const call = (streams: AnyStreams): DataStream<unknown> => build(...(streams as never[]));
  const fragment = new Fragment(machine, call, inputs, {
    args: options.args ?? {},
    sideOutputs: options.sideOutputs ?? [],
    deadLetterPolicy: options.deadLetterPolicy ?? 'fail',
    checks: options.checks ?? true,
  });
  await fragment.start();
  const harness = new Harness<Inputs, R>(machine, fragment);
  if (snapshot !== undefined) harness.restore(snapshot);
  await harness.step();
  return harness;
};

/**
 * Runs a fragment with one input: `createHarness((clicks: DataStream<Click>) => clicks.keyBy('user').process(counter()))`.
 * @throws what the fragment cannot be planned for, or what the `open` of a function threw.
 */
export const createHarness = <T, R>(
  build: (stream: DataStream<T>) => DataStream<R>,
  options: HarnessOptions = {},
): Promise<Harness<readonly [T], R>> => start(build, 1, options);

/** Runs a fragment with two inputs: push into them by `pushTo(0, …)` and `pushTo(1, …)`. */
export const createTwoInputHarness = <A, B, R>(
  build: (first: DataStream<A>, second: DataStream<B>) => DataStream<R>,
  options: HarnessOptions = {},
): Promise<Harness<readonly [A, B], R>> => start(build, 2, options);

/** As `createHarness`, with the state that another harness of the same fragment had: what a job does after a failure. */
export const restoreHarness = <T, R>(
  build: (stream: DataStream<T>) => DataStream<R>,
  snapshot: HarnessSnapshot,
  options: HarnessOptions = {},
): Promise<Harness<readonly [T], R>> => start(build, 1, options, snapshot);
