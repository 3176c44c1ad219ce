import type { ObjectStore } from '../../src/checkpoint/object-store.ts';
import { MillraceError } from '../../src/contract/errors.ts';

/** What a process is told when an answer is lost. */
export const noAnswer = 'no answer';

/** Chooses one of so many, from 0. The same chooser from the same seed makes the same run. */
export type Choose = (count: number) => number;

export const seededChoose = (seed: number): Choose => {
  let state = seed * 2_654_435_761;
  return (count) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  };
};

/** What may happen to a call: it is done, or its process dies before it, or between it and its answer; or the answer is lost, and the process goes on. */
export type Fate = 'done' | 'dies before' | 'dies after' | 'no answer';

interface Call {
  /** Does it and gives the answer to the process. */
  run(): Promise<void>;
  /** Does it; nobody hears the answer. */
  runUnheard(): Promise<void>;
  /** Does it, and tells the process nothing but that no answer came. */
  runInVain(): Promise<void>;
}

/** A program that does nothing but through `io`: each call waits until it is this process's turn. */
export class Process {
  readonly name: string;
  readonly calls: Call[] = [];
  /** Ended or dead. */
  isGone = false;
  hasDied = false;
  failure: unknown;
  private heard: () => void = () => undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Starts the program, and waits for its first call. */
  start(program: (process: Process) => Promise<void>): Promise<void> {
    const parked = this.parked();
    const ended = (error?: unknown): void => {
      this.failure = error;
      this.isGone = true;
      this.heard();
    };
    program(this).then(() => ended(), ended);
    return parked;
  }

  io<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.calls.push({
        run: () => work().then(resolve, reject),
        runUnheard: async () => void (await work()),
        runInVain: async () => {
          await work();
          reject(new MillraceError('io', noAnswer));
        },
      });
      this.heard();
    });
  }

  /** Does the next call, or dies at it; resolves when the process waits again or has ended. */
  async step(fate: Fate): Promise<void> {
    const call = this.calls.shift() as Call;
    this.hasDied = fate === 'dies before' || fate === 'dies after';
    this.isGone = this.hasDied;
    if (fate === 'dies before') return;
    if (fate === 'dies after') return call.runUnheard();
    const parked = this.calls.length > 0 ? Promise.resolve() : this.parked();
    await (fate === 'no answer' ? call.runInVain() : call.run());
    await parked;
  }

  private parked(): Promise<void> {
    return new Promise((resolve) => {
      this.heard = resolve;
    });
  }
}

/** A store of which each call that others can notice waits for the turn of its process. */
export const storeOf = (process: Process, store: ObjectStore): ObjectStore => ({
  place: store.place,
  put: (key, bytes) => process.io(() => store.put(key, bytes)),
  putIfAbsent: (key, bytes) => process.io(() => store.putIfAbsent(key, bytes)),
  get: (key) => process.io(() => store.get(key)),
  getRange: (key, offset, length) => process.io(() => store.getRange(key, offset, length)),
  list: (prefix) => process.io(() => store.list(prefix)),
  remove: (keys) => process.io(() => store.remove(keys)),
  copy: (from, to) => process.io(() => store.copy(from, to)),
  close: async () => undefined,
});
