import { MillraceError } from '../contract/errors.ts';
import type { MemoryBudget } from '../contract/memory-budget.ts';
import { MemoryAccount } from '../state/memory-account.ts';
import type { MemoryUsage } from '../sys/memory.ts';
import type { Cancellable, System } from '../sys/system.ts';
import type { MetricGroup } from '../telemetry/metrics.ts';

const mebibyte = 2 ** 20;
/** As many transforms as the error names. */
const namedUsers = 3;
/** A thread that really uses so much of its heap would soon do nothing but collect garbage, and then be ended by the engine. */
const fullHeap = 0.95;

/** Arrays made since the collection, by the time that it is looked at: of the slot's reserve. */
const madeSinceBytes = 8 * mebibyte;

const inMiB = (bytes: number): string => `${(bytes / mebibyte).toFixed(bytes < 10 * mebibyte ? 1 : 0)} MiB`;

export interface SlotMemorySettings {
  readonly system: Pick<System, 'memory'>;
  readonly metrics: MetricGroup;
  readonly slot: number;
  /** Absent = no limit. */
  readonly budget: MemoryBudget | undefined;
  /** Fails the job. */
  fail(error: MillraceError): void;
}

/**
 * The memory of one slot under its budget. Typed state is counted, an account for each transform; the heap, and arrays that
 * nobody counts, are looked at after each full collection. What outgrows its part fails the job under every policy: no record
 * is to blame, and the next one would meet the same. The slot is told at once, so that it fails also when a function catches
 * the error.
 */
export class SlotMemory {
  private readonly settings: SlotMemorySettings;
  private readonly typedState: MemoryAccount;
  private readonly byTransform: MemoryAccount[] = [];
  private watching: Cancellable | undefined;
  /** Arrays that were there before the slot. */
  private earlierArrayBytes = 0;

  constructor(settings: SlotMemorySettings) {
    const { budget, metrics } = settings;
    this.settings = settings;
    this.typedState = new MemoryAccount(
      budget && {
        bytes: budget.typedStateBytes,
        refuse: (account, asked) => this.refuse(account, asked, budget),
      },
    );
    const gauges = metrics.group('memory');
    gauges.gauge('typedStateBytes', 'sum', () => this.typedState.usedBytes);
    if (budget !== undefined) gauges.gauge('typedStateBudgetBytes').set(budget.typedStateBytes);
  }

  /** The account of a transform. */
  accountOf(task: string, transform: string): MemoryAccount {
    const account = this.typedState.open({ task, transform });
    this.byTransform.push(account);
    return account;
  }

  /** Looks at the heap after each full collection from now on. */
  watch(): void {
    const { budget, system, fail } = this.settings;
    if (budget === undefined) return;
    this.earlierArrayBytes = system.memory.usage().arrayBytes;
    this.watching = system.memory.afterCollection(() => {
      const error = this.examine(system.memory.usage(), budget);
      if (error !== undefined) fail(error);
    });
  }

  /** The slot is over. */
  close(): void {
    this.watching?.cancel();
    this.watching = undefined;
  }

  private examine(usage: MemoryUsage, budget: MemoryBudget): MillraceError | undefined {
    const heapBudgetBytes = Math.min(budget.heapMiB * mebibyte, usage.heapLimitBytes);
    if (usage.heapBytes > heapBudgetBytes * fullHeap) {
      return this.outgrown('heap', usage.heapBytes, heapBudgetBytes);
    }
    const arrayBudgetBytes = budget.typedStateBytes + budget.batchBytes + madeSinceBytes;
    const arrayBytes = usage.arrayBytes - this.earlierArrayBytes;
    if (arrayBytes > arrayBudgetBytes) {
      return this.outgrown('arrays', arrayBytes, arrayBudgetBytes);
    }
    return undefined;
  }

  private outgrown(part: 'heap' | 'arrays', usedBytes: number, budgetBytes: number): MillraceError {
    const { slot } = this.settings;
    const what = part === 'heap' ? 'The heap' : 'State and batches in typed arrays';
    return new MillraceError(
      'resource',
      `${what} of slot ${slot} outgrew the memory: ${inMiB(usedBytes)} of ${inMiB(budgetBytes)} are in use${this.users()}.`,
      { where: { slot, usedBytes, budgetBytes }, hint: hintOf(part) },
    );
  }

  private refuse({ owner }: MemoryAccount, askedBytes: number, budget: MemoryBudget): never {
    const { slot, fail } = this.settings;
    const { usedBytes } = this.typedState;
    const { typedStateBytes: budgetBytes } = budget;
    const error = new MillraceError(
      'resource',
      `State outgrew the memory of slot ${slot}: “${owner['transform']}” asked for ${inMiB(askedBytes)} more, and ` +
        `${inMiB(usedBytes)} of ${inMiB(budgetBytes)} are in use${this.users()}.`,
      { where: { ...owner, slot, usedBytes, budgetBytes }, hint: hintOf('state') },
    );
    fail(error);
    throw error;
  }

  /** Who holds the most. */
  private users(): string {
    const users = this.byTransform
      .filter(({ usedBytes }) => usedBytes > 0)
      .toSorted((left, right) => right.usedBytes - left.usedBytes)
      .slice(0, namedUsers)
      .map(({ owner, usedBytes }) => `“${owner['transform']}” ${inMiB(usedBytes)}`);
    return users.length === 0 ? '' : ` (state of ${users.join(', ')})`;
  }
}

const raise = 'Raise spec.resources.memory, or use more slots (spec.parallelism)';

const hintOf = (part: 'state' | 'heap' | 'arrays'): string => {
  if (part === 'state') return `${raise}, or keep less: give state a time to live, make windows shorter.`;
  if (part === 'arrays')
    return `${raise}, or make records and batches smaller; buffers of the job's own functions count too.`;
  return `${raise}, or keep less: give state a time to live, declare numbers as type: 'number', hold nothing in variables.`;
};
