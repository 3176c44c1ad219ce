/**
 * `sys` is the only door to the world: clock, random, timers, disk, network, threads, compression. Everything else takes
 * a `System` as an argument, so the simulator can put a machine of its own behind it and no other file can tell.
 */
import type { Certificates } from './certificates.ts';
import type { Compression } from './compression.ts';
import type { DurableFiles } from './durable-files.ts';
import type { FileSystem } from './files.ts';
import type { Hashing } from './hashing.ts';
import type { Http } from './http.ts';
import type { HttpClients } from './http-client.ts';
import type { Inspection } from './inspection.ts';
import type { Memory } from './memory.ts';
import type { Net } from './net.ts';
import type { Packing } from './packing.ts';
import type { Processes } from './processes.ts';
import type { Scratch } from './scratch.ts';
import type { Sqlite } from './sqlite.ts';
import type { TextOutput } from './text-output.ts';
import type { Threads } from './threads.ts';

/** Milliseconds. `nowMs` may jump, `monotonicMs` never goes back and has sub-millisecond resolution. */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
}

/** A timer that can be cancelled; cancelling twice is harmless. */
export interface Cancellable {
  cancel(): void;
}

export interface Timers {
  /** Calls back once after `delayMs`; delays above 2^31−1 ms are waited for in parts. */
  after(delayMs: number, callback: () => void): Cancellable;
  /** Calls back on the next turn of the event loop, after pending I/O. */
  soon(callback: () => void): void;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A random identifier of 128 bits, lower-case hexadecimal. */
  id(): string;
}

/** One machine as a program sees it. Passed down by hand; never a global. */
export interface System {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly files: FileSystem;
  readonly durableFiles: DurableFiles;
  readonly compression: Compression;
  readonly packing: Packing;
  readonly sqlite: Sqlite;
  readonly scratch: Scratch;
  readonly standardOutput: TextOutput;
  readonly threads: Threads;
  readonly processes: Processes;
  readonly http: Http;
  readonly httpClients: HttpClients;
  readonly net: Net;
  readonly hashing: Hashing;
  readonly certificates: Certificates;
  readonly memory: Memory;
  readonly inspection: Inspection;
  /** Writes to standard error before it returns, from any thread, also while the main thread is blocked. */
  writeErrorNow(text: string): void;
}
