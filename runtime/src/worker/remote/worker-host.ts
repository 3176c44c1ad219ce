import { MillraceError } from '../../contract/errors.ts';
import type { SlotAddress } from '../../exchange/tcp/tcp-channels.ts';
import type { System } from '../../sys/system.ts';
import type { SlotHandle, SlotReports } from '../slot-handle.ts';
import { HostedSlot } from './hosted-slot.ts';
import { type HeldSlot, SlotJournal } from './slot-journal.ts';
import type { Command, FromSlots, Held, ToSlots } from './worker-messages.ts';

/** A slot to be made in this worker. */
export interface SlotOrder<Job> {
  readonly attempt: number;
  /** Another attempt that goes on meanwhile. */
  readonly beside: number | undefined;
  readonly slot: number;
  /** All slots that this worker has in the attempt. */
  readonly near: readonly number[];
  readonly job: Job;
  readonly reports: SlotReports;
  /** The slot listens at this port, and waits to be connected. */
  onListening(port: number): void;
}

/** A slot as this worker makes it: see `ThreadSlot`. */
export interface MadeSlot {
  readonly handle: SlotHandle;
  connect(peers: readonly SlotAddress[]): void;
}

export interface WorkerHostSettings<Job> {
  readonly system: Pick<System, 'timers'>;
  /** The address of this machine at which slots listen. */
  readonly host: string;
  send(message: FromSlots): void;
  create(order: SlotOrder<Job>): MadeSlot;
  /** Whether its slots may go on without a coordinator, until the next one comes. */
  mayHold(job: Job): boolean;
}

interface Hosted {
  readonly slot: HostedSlot;
  readonly made: MadeSlot;
}

/** What this worker has of one attempt. */
interface HostedAttempt<Job> {
  readonly number: number;
  readonly job: Job;
  readonly slots: Map<number, Hosted>;
}

/** How far all slots of an attempt are; undefined = not all of them can go on. */
const heldOf = <Job>({ slots }: HostedAttempt<Job>): readonly HeldSlot[] | undefined => {
  const held = [...slots.values()].flatMap(({ slot }) => slot.held ?? []);
  return held.length > 0 && held.length === slots.size ? held : undefined;
};

/** The main thread of a worker as its coordinator sees it: brings up slots, and hands on what each is told and tells. */
export class WorkerHost<Job> {
  private readonly settings: WorkerHostSettings<Job>;
  /** One, and during a switch-over the next one beside it; oldest first. */
  private attempts: readonly HostedAttempt<Job>[] = [];
  /** Nothing older is brought up any more. */
  private newest = 0;
  private newestTerm = 0;
  /** Slots of attempts before that are being closed. */
  private readonly closing = new Set<Promise<void>>();

  constructor(settings: WorkerHostSettings<Job>) {
    this.settings = settings;
  }

  /** The highest term of which a coordinator has spoken here; 0 = none. */
  get term(): number {
    return this.newestTerm;
  }

  /** What it has and can go on with when there is no coordinator; undefined = nothing, or not all of it. */
  get holds(): Held<Job> | undefined {
    const found = this.attempts.find((attempt) => heldOf(attempt) !== undefined);
    return found && { attempt: found.number, slots: [...found.slots.keys()], job: found.job };
  }

  /**
   * The coordinator says something. What is meant for an attempt that is over is not for anybody.
   * @throws MillraceError `io` when another one leads by now.
   */
  accept(message: Command<Job>): void {
    const { term } = message;
    if (term < this.newestTerm)
      throw new MillraceError('io', `it leads in term ${term}, and another leads in term ${this.newestTerm}`);
    this.newestTerm = term;
    switch (message.kind) {
      case 'host':
        return this.bringUp(message);
      case 'adopt':
        return this.adopted(message.attempt);
      case 'connect':
        return this.hosted(message)?.made.connect(message.peers);
      case 'slot':
        return this.tell(message);
      default:
        throw new MillraceError(
          'io',
          `a worker was told ${JSON.stringify(message)}, which means nothing here`,
        );
    }
  }

  /** Ends all slots at once; resolves when user functions are closed. */
  async close(): Promise<void> {
    this.letGo(() => false);
    this.newest = 0;
    await Promise.all(this.closing);
  }

  /** What was prepared beside it is given up: nobody knows of that any more. */
  private adopted(number: number): void {
    this.letGo((attempt) => attempt.number === number);
    this.newest = number;
    const attempt = this.attempts.find((one) => one.number === number);
    const slots = (attempt && heldOf(attempt)) ?? [];
    this.settings.send({ kind: 'held', attempt: number, slots });
  }

  private hosted({ attempt, slot }: { readonly attempt: number; readonly slot: number }): Hosted | undefined {
    return this.attempts.find(({ number }) => number === attempt)?.slots.get(slot);
  }

  /** A slot that is cancelled is not here any more. */
  private tell(message: Extract<ToSlots<Job>, { kind: 'slot' }>): void {
    const hosted = this.hosted(message);
    if (hosted === undefined) return;
    if (message.call.kind !== 'cancel') return hosted.slot.obey(message.call);
    this.attempts.find(({ number }) => number === message.attempt)?.slots.delete(message.slot);
    this.attempts = this.attempts.filter(({ slots }) => slots.size > 0);
    this.cancel(hosted);
  }

  /**
   * A newer attempt ends what is left of those before, but for one that it is prepared beside; an older one is too late. One that was
   * prepared, and given up before it ran, has left its number to the next.
   */
  private bringUp({ attempt, slots, job, beside }: Extract<ToSlots<Job>, { kind: 'host' }>): void {
    if (attempt < this.newest || this.attempts.some(({ number }) => number === attempt)) return;
    this.letGo(({ number }) => number === beside);
    this.newest = attempt;
    const made = slots.map((slot) => [slot, this.make({ attempt, beside, slot, near: slots, job })] as const);
    this.attempts = [...this.attempts, { number: attempt, job, slots: new Map(made) }];
  }

  private make(order: Pick<SlotOrder<Job>, 'attempt' | 'beside' | 'slot' | 'near' | 'job'>): Hosted {
    const { system, host, send, create, mayHold } = this.settings;
    const { attempt, slot, job } = order;
    let made: MadeSlot | undefined;
    let hosted: HostedSlot | undefined;
    const isCancelled = (): boolean => hosted?.isOver === true;
    hosted = new HostedSlot(
      system,
      (answer) => send({ kind: 'slot', attempt, slot, answer }),
      (reports) => {
        const onListening = (port: number): void => {
          if (!isCancelled()) send({ kind: 'listening', attempt, slot, host, port });
        };
        made = create({ ...order, reports, onListening });
        return made.handle;
      },
      mayHold(job) ? new SlotJournal(slot) : undefined,
    );
    return { slot: hosted, made: made as unknown as MadeSlot };
  }

  private letGo(isKept: (attempt: HostedAttempt<Job>) => boolean): void {
    for (const attempt of this.attempts)
      if (!isKept(attempt)) for (const hosted of attempt.slots.values()) this.cancel(hosted);
    this.attempts = this.attempts.filter(isKept);
  }

  private cancel({ slot }: Hosted): void {
    const closed = slot.cancel().finally(() => this.closing.delete(closed));
    this.closing.add(closed);
  }
}
