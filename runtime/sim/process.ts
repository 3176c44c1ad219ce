import { nodeCertificates } from '../src/sys/node-certificates.ts';
import { nodeHashing } from '../src/sys/node-hashing.ts';
import { nodePacking } from '../src/sys/node-packing.ts';
import type { Cancellable, System } from '../src/sys/system.ts';
import { simulatedCompression } from './compression.ts';
import type { SimulatedDisk } from './disk.ts';
import { simulatedDurableFiles } from './durable-files.ts';
import type { Verdict } from './faults.ts';
import { simulatedFiles } from './files.ts';
import type { SimulatedNetwork } from './network.ts';
import { simulatedThreads, type ThreadPrograms } from './threads.ts';
import type { OwnedEvent, Owner, World } from './world.ts';

/** What it costs to look at the clock, in ms: time passes while code runs, so that a slot's turn comes to an end. */
const lookMs = 0.02;

export interface ProcessOptions {
  /** Tells incarnations apart in the trace, e.g. `coordinator-2`. */
  readonly name: string;
  /** The machine that it runs on, as others call it; its name by default. */
  readonly host?: string;
  readonly disk: SimulatedDisk;
  readonly network: SimulatedNetwork;
  /** How wrong its clock is at first, in ms. */
  readonly skewMs?: number;
  /** What its threads run; absent = it has none. */
  readonly threads?: ThreadPrograms;
  /** Of a thread: the process that has started it. */
  readonly parent?: SimulatedProcess;
  /** Called for each thread that it starts. */
  readonly onChild?: (child: SimulatedProcess) => void;
}

/** How long a request that seems lost may still be on its way, in ms. */
const lateMs = 15_000;

/** How long clients wait for an answer, in ms. */
const givesUpAfterMs = 10_000;

/** What it meets then is nobody's business any more. */
const effectLate = (effect: (torn: boolean) => unknown): void => {
  try {
    effect(false);
  } catch {
    // It was refused.
  }
};

/** What code that asks for what the simulator does not have is told. */
const absent = (what: string): never => {
  throw new Error(`A simulated process has no ${what}.`);
};

/**
 * A process of the simulated world. It can be killed at any moment: then nothing that it waits for ever comes, none of its timers fires, and
 * whatever its code still does on the way (a `finally`, say) reaches nothing outside, since all doors of its `System` are shut without a word.
 */
export class SimulatedProcess implements Owner {
  readonly name: string;
  readonly host: string;
  readonly world: World;
  readonly system: System;
  /** What it wrote to standard output. */
  printed = '';
  /** Gone with its machine: not even its sockets say so. */
  vanished = false;
  private readonly options: ProcessOptions;
  private readonly children: SimulatedProcess[] = [];
  private readonly deathListeners: ((reason: string) => void)[] = [];
  private state: 'running' | 'stopped' | 'dead' = 'running';
  private held: OwnedEvent[] = [];
  private busyUntilMs = 0;
  /** What each `soon` is to call: they keep their order, as on a real event loop. */
  private readonly turns: (() => void)[] = [];
  private skewMs: number;

  constructor(world: World, options: ProcessOptions) {
    const { name, host = name, disk, network, skewMs = 0, threads } = options;
    this.world = world;
    this.options = options;
    this.name = name;
    this.host = host;
    this.skewMs = skewMs;
    const random = world.random.fork(`process ${name}`);
    this.system = {
      clock: {
        nowMs: () => this.look() - world.nowMs + world.wallMs + this.skewMs,
        monotonicMs: () => this.look(),
      },
      timers: {
        after: (delayMs, callback) => this.after(delayMs, callback),
        soon: (callback) => this.soon(callback),
      },
      random: { next: () => random.next(), id: () => random.id() },
      files: simulatedFiles(this, disk),
      durableFiles: simulatedDurableFiles(this, disk),
      compression: simulatedCompression(this),
      packing: nodePacking,
      sqlite: { open: () => absent('SQLite') },
      scratch: { open: () => absent('scratch databases') },
      standardOutput: {
        write: (text) => {
          if (this.alive) this.printed += text;
          return true;
        },
        whenDrained: (callback) => this.soon(callback),
      },
      threads: threads === undefined ? { spawn: () => absent('threads') } : simulatedThreads(this, threads),
      processes: {
        spawn: () => absent('processes'),
        start: () => absent('processes'),
        attach: () => absent('processes'),
      },
      net: network.of(this),
      http: { listen: () => absent('HTTP'), peerNames: () => [], request: () => absent('HTTP') },
      httpClients: { open: () => absent('HTTP'), session: () => absent('HTTP') },
      hashing: nodeHashing,
      certificates: nodeCertificates,
      memory: {
        machineBytes: () => 8 * 2 ** 30,
        usage: () => ({ heapBytes: 0, heapLimitBytes: 4 * 2 ** 30, arrayBytes: 0 }),
        collectYoung: () => undefined,
        afterCollection: () => ({ cancel: () => undefined }),
      },
      inspection: {
        startCpuProfile: () => absent('profiles'),
        heapSnapshot: () => absent('heap snapshots'),
      },
      writeErrorNow: (text) => this.world.note(`${name} writes ${text.trimEnd()}`),
    };
  }

  get alive(): boolean {
    return this.state !== 'dead';
  }

  get freeAtMs(): number {
    if (this.state === 'stopped' || this.options.parent?.freeAtMs === Infinity) return Infinity;
    return this.busyUntilMs;
  }

  hold(event: OwnedEvent): void {
    this.held.push(event);
  }

  /** What escapes from the code of a process ends it. */
  escaped(error: unknown): void {
    this.kill(`an error escaped: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  /** SIGKILL. */
  kill(reason: string): void {
    if (this.state === 'dead') return;
    this.state = 'dead';
    this.held = [];
    this.world.note(`${this.name} dies: ${reason}`);
    for (const child of this.children) child.kill('its process is gone');
    for (const listener of this.deathListeners) listener(reason);
  }

  /** Its machine is without power or network from now on, and nobody is told. */
  vanish(reason: string): void {
    this.vanished = true;
    for (const child of this.children) child.vanished = true;
    this.kill(reason);
  }

  /** Called by those outside of it that notice, at the moment of its death. */
  onDeath(listener: (reason: string) => void): void {
    this.deathListeners.push(listener);
  }

  /** A thread, as a process of its own that shares the fate of this one. */
  startChild(name: string): SimulatedProcess {
    const { parent: _parent, ...options } = this.options;
    const number = this.children.length + 1;
    const own = { ...options, name: `${this.name}/${name}-${number}`, host: this.host, skewMs: this.skewMs };
    const child = new SimulatedProcess(this.world, { ...own, parent: this });
    if (!this.alive) child.kill('its process is gone');
    this.children.push(child);
    options.onChild?.(child);
    return child;
  }

  /** SIGSTOP: time goes by without it. */
  stop(): void {
    if (this.state !== 'running') return;
    this.state = 'stopped';
    this.world.note(`${this.name} is stopped`);
  }

  /** SIGCONT. */
  continue(): void {
    if (this.state !== 'stopped') return;
    this.state = 'running';
    this.world.note(`${this.name} goes on`);
    for (const { held } of [this, ...this.children]) {
      for (const event of held.splice(0)) this.world.again(event);
    }
  }

  /** Somebody sets its clock. */
  jumpClock(byMs: number): void {
    this.world.note(`the clock of ${this.name} jumps by ${Math.round(byMs)} ms`);
    this.skewMs += byMs;
  }

  /**
   * A call to something outside that answers later. It takes effect even if the caller dies while it is on its way; then, or if it
   * dies before the answer is there, the answer reaches nobody. `effect` may throw what the other side would refuse with.
   */
  call<T>(
    what: string,
    on: string,
    effect: (torn: boolean) => T,
    failure: (verdict: Verdict) => Error,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (!this.alive) return promise;
    const { world } = this;
    const { call, verdict } = world.judge(this.name, what, on);
    if (verdict === 'crashBefore') this.kill(`before #${call.number}`);
    if (verdict === 'silent') world.after(givesUpAfterMs, () => reject(failure(verdict)), this);
    if (verdict === 'crashBefore' || verdict === 'silent') return promise;
    const arrive = (): void => {
      let answer: () => void;
      try {
        if (verdict === 'late') world.after(lateMs, () => effectLate(effect));
        if (verdict === 'fail' || verdict === 'late') throw failure(verdict);
        const value = effect(verdict === 'tear');
        answer = () => resolve(value);
        if (verdict === 'loseAnswer' || verdict === 'tear') throw failure(verdict);
      } catch (error) {
        answer = () => reject(error);
      }
      if (verdict === 'crashAfter') this.kill(`after #${call.number}`);
      world.after(world.faults.delayMs(call), answer, this);
    };
    world.after(world.faults.delayMs(call), arrive);
    return promise;
  }

  /**
   * A call that returns at once, as those to the disk are. In a process that is dead, or dies by this very call, the code goes
   * on with `silence`, and nothing that it does matters any more.
   */
  callNow<T>(what: string, on: string, effect: (torn: boolean) => T, failure: () => Error, silence: T): T {
    if (!this.alive) return silence;
    const { call, verdict } = this.world.judge(this.name, what, on);
    switch (verdict) {
      case 'do':
        return effect(false);
      case 'fail':
      case 'late':
        throw failure();
      case 'loseAnswer':
      case 'tear':
        effect(verdict === 'tear');
        throw failure();
      case 'silent':
      case 'crashBefore':
        this.kill(`before #${call.number}`);
        return silence;
      case 'crashAfter':
        effect(false);
        this.kill(`after #${call.number}`);
        return silence;
    }
  }

  private look(): number {
    const shownMs = Math.max(this.world.nowMs, this.busyUntilMs);
    if (this.alive) this.busyUntilMs = shownMs + lookMs;
    return shownMs;
  }

  private after(delayMs: number, callback: () => void): Cancellable {
    if (!this.alive) return { cancel: () => undefined };
    const startedMs = Math.max(0, this.busyUntilMs - this.world.nowMs);
    const event = this.world.after(startedMs + delayMs, callback, this);
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  private soon(callback: () => void): void {
    if (!this.alive) return;
    this.turns.push(callback);
    this.world.after(0, () => this.turns.shift()?.(), this);
  }
}
