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

/** The main thread of a worker as its coordinator sees it: brings up slots, and hands on what each is told and tells. */
export class WorkerHost<Job> {
  private readonly settings: WorkerHostSettings<Job>;
  /** The slots of the newest attempt. */
  private readonly slots = new Map<number, Hosted>();
  private attempt = 0;
  private job: Job | undefined;
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
    const { attempt, job } = this;
    if (job === undefined || this.slots.size === 0 || this.held().length < this.slots.size) return undefined;
    return { attempt, slots: [...this.slots.keys()], job };
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
        return this.hosted(message)?.slot.obey(message.call);
      default:
        throw new MillraceError(
          'io',
          `a worker was told ${JSON.stringify(message)}, which means nothing here`,
        );
    }
  }

  /** Ends all slots at once; resolves when user functions are closed. */
  async close(): Promise<void> {
    this.letGo();
    this.attempt = 0;
    await Promise.all(this.closing);
  }

  private held(): readonly HeldSlot[] {
    return [...this.slots.values()].flatMap(({ slot }) => slot.held ?? []);
  }

  private adopted(attempt: number): void {
    const slots = attempt === this.attempt && this.holds !== undefined ? this.held() : [];
    this.settings.send({ kind: 'held', attempt, slots });
  }

  private hosted({ attempt, slot }: { readonly attempt: number; readonly slot: number }): Hosted | undefined {
    return attempt === this.attempt ? this.slots.get(slot) : undefined;
  }

  /** A newer attempt ends what is left of the one before; an older one is too late. */
  private bringUp({ attempt, slots, job }: Extract<ToSlots<Job>, { kind: 'host' }>): void {
    if (attempt <= this.attempt) return;
    this.letGo();
    this.attempt = attempt;
    this.job = job;
    for (const slot of slots) this.slots.set(slot, this.make(attempt, slot, slots, job));
  }

  private make(attempt: number, slot: number, near: readonly number[], job: Job): Hosted {
    const { system, host, send, create, mayHold } = this.settings;
    let made: MadeSlot | undefined;
    const hosted = new HostedSlot(
      system,
      (answer) => send({ kind: 'slot', attempt, slot, answer }),
      (reports) => {
        const onListening = (port: number): void => send({ kind: 'listening', attempt, slot, host, port });
        made = create({ attempt, slot, near, job, reports, onListening });
        return made.handle;
      },
      mayHold(job) ? new SlotJournal(slot) : undefined,
    );
    return { slot: hosted, made: made as unknown as MadeSlot };
  }

  private letGo(): void {
    for (const { slot } of this.slots.values()) {
      const closed = slot.cancel().finally(() => this.closing.delete(closed));
      this.closing.add(closed);
    }
    this.slots.clear();
  }
}
