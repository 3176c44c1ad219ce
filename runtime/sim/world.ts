/**
 * `sim` runs the real runtime in a simulated world, from a seed: the same seed gives the same run, call by call. A *world* has one
 * virtual clock and one queue of events; in it live *processes* (`process.ts`), each with a `System` of its own, and what outlives them:
 * disks, the network, the object storage, what sinks have published. Every call of a process to the outside has a number, and at each
 * of them the *fault plan* may let it fail, lose its answer, or kill the process. *Checkers* compare what came out with a run without faults.
 * Nothing real is waited for: code under test uses real promises, which are done when the event loop has turned once.
 */
import { type Event, EventQueue } from './event-queue.ts';
import { type FaultPlan, type IoCall, noFaults, type Verdict } from './faults.ts';
import { SeededRandom } from './random.ts';

/** Whose event it is: it may be gone, stopped, or busy until later. */
export interface Owner {
  readonly alive: boolean;
  /** When it can be given an event; Infinity = it is stopped and keeps the event until it goes on. */
  readonly freeAtMs: number;
  hold(event: OwnedEvent): void;
  /** An error escaped from its code. */
  escaped(error: unknown): void;
}

export interface OwnedEvent extends Event {
  readonly owner: Owner | undefined;
}

/** How a stretch of simulation ended: what was waited for came, nothing is left to happen, or the time was up. */
export type RunEnd = 'reached' | 'idle' | 'late';

/** The moment that the virtual clock shows at first: a day in 2026. */
const epochMs = 1_767_225_600_000;

/** More events than this within one run is something going round in circles. */
const mostEvents = 20_000_000;

const eventLoopTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export class World {
  readonly seed: number;
  readonly random: SeededRandom;
  /** One line for each call to the outside and each fault. */
  readonly trace: string[] = [];
  faults: FaultPlan = noFaults;
  /** Every call to the outside so far. */
  readonly calls: IoCall[] = [];
  private readonly ties: SeededRandom;
  private readonly queue = new EventQueue<OwnedEvent>();
  private sequence = 0;
  private now = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.random = new SeededRandom(seed);
    this.ties = this.random.fork('ties');
  }

  get nowMs(): number {
    return this.now;
  }

  /** The time of day, by a clock that is right. */
  get wallMs(): number {
    return epochMs + this.now;
  }

  /** Lets something happen after a while. */
  after(delayMs: number, run: () => void, owner?: Owner): OwnedEvent {
    const timeMs = this.now + Math.max(0, delayMs);
    const event = { timeMs, tie: this.ties.next(), sequence: this.sequence++, run, owner, cancelled: false };
    this.queue.push(event);
    return event;
  }

  /** Events that a stopped process has kept happen now. */
  again(event: OwnedEvent): void {
    event.timeMs = this.now;
    this.queue.push(event);
  }

  note(line: string): void {
    this.trace.push(`${this.now.toFixed(3)} ${line}`);
  }

  /** Numbers a call and asks the fault plan about it. */
  judge(process: string, what: string, on: string): { readonly call: IoCall; readonly verdict: Verdict } {
    const call = { number: this.calls.length + 1, process, what, on, timeMs: this.now };
    this.calls.push(call);
    const verdict = this.faults.judge(call);
    this.note(`#${call.number} ${process} ${what} ${on}${verdict === 'do' ? '' : ` (${verdict})`}`);
    return { call, verdict };
  }

  /** Lets time pass until `reached`, at most `budgetMs` of virtual time. */
  async run(reached: () => boolean, budgetMs: number): Promise<RunEnd> {
    const untilMs = this.now + budgetMs;
    await eventLoopTurn();
    for (let events = 0; !reached(); events++) {
      if (events === mostEvents) throw new Error(`Seed ${this.seed}: ${mostEvents} events and no end.`);
      const event = this.queue.pop();
      if (event === undefined) return 'idle';
      if (event.timeMs > untilMs) {
        this.queue.push(event);
        this.now = untilMs;
        return 'late';
      }
      this.now = Math.max(this.now, event.timeMs);
      if (this.give(event)) await eventLoopTurn();
    }
    return 'reached';
  }

  /** Whether the event happened now. */
  private give(event: OwnedEvent): boolean {
    const { owner } = event;
    if (owner === undefined) {
      event.run();
      return true;
    }
    if (!owner.alive) return false;
    if (owner.freeAtMs > this.now) {
      if (owner.freeAtMs === Infinity) owner.hold(event);
      else {
        event.timeMs = owner.freeAtMs;
        this.queue.push(event);
      }
      return false;
    }
    try {
      event.run();
    } catch (error) {
      owner.escaped(error);
    }
    return true;
  }
}
