import { resolve } from 'node:path';
import { MillraceError } from '../contract/errors.ts';
import { heldStateBytes, localDatabaseBytes } from '../contract/memory-budget.ts';
import { reasonOf } from '../contract/reason.ts';
import { DiskSpace } from '../state/disk-space.ts';
import type { MemoryAccount } from '../state/memory-account.ts';
import type { ColumnGarbage } from './column-garbage.ts';
import type { SlotEvents } from './slot.ts';
import type { SlotSetup } from './slot-setup.ts';

type Setup = Pick<
  SlotSetup,
  'system' | 'logger' | 'metrics' | 'memory' | 'stateDisk' | 'baseDirectory' | 'jobName' | 'attempt' | 'slot'
>;

/** Databases of earlier attempts are of no use to anybody; one that is in use is left alone by `open`. */
const isLeftover =
  (attempt: number) =>
  (name: string): boolean =>
    Number.parseInt(name, 10) <= attempt;

/** The state of one slot on the local disk. It begins empty in every attempt, and is filled from the last checkpoint. */
export class SlotDisk {
  readonly space: DiskSpace;
  private readonly setup: Setup;
  private readonly account: MemoryAccount;
  private readonly fail: (error: unknown) => void;
  private opening: Promise<void> | undefined;

  constructor(setup: Setup, account: MemoryAccount, garbage: ColumnGarbage, fail: (error: unknown) => void) {
    this.setup = setup;
    this.account = account;
    this.fail = fail;
    const memoryBytes = setup.stateDisk?.heldBytes ?? heldStateBytes(setup.memory);
    this.space = new DiskSpace({ memoryBytes, fail, discards: (bytes) => garbage.addBytes(bytes) });
    const gauges = setup.metrics.group('memory');
    gauges.gauge('stateCacheBytes', 'sum', () => this.space.heldBytes());
    gauges.gauge('stateCacheBudgetBytes').set(memoryBytes);
    gauges.gauge('stateDiskReads', 'sum', () => this.space.reads);
    gauges.gauge('stateDiskWrites', 'sum', () => this.space.writes);
  }

  /** Opens the database, once; settles when it can take more. Does so too when the slot has failed by it. */
  async ready(): Promise<void> {
    this.opening ??= this.open().catch(this.fail);
    await this.opening;
    await this.space.room();
  }

  /** Closes and removes it. */
  async close(): Promise<void> {
    await this.opening;
    await this.space.close().catch((error: unknown) => {
      this.setup.logger.warn(`State was left on the local disk: ${reasonOf(error)}`);
    });
    this.account.close();
  }

  /** @throws MillraceError io when the directory cannot be used; resource when there is no memory for a database */
  private async open(): Promise<void> {
    const { system, stateDisk, baseDirectory, jobName, attempt, slot } = this.setup;
    this.account.grow(localDatabaseBytes);
    const directory =
      stateDisk?.directory === undefined ? undefined : resolve(baseDirectory, stateDisk.directory);
    const owner = jobName.replaceAll(/[^\w.-]/g, '_');
    const name = `${attempt}-${slot}-${system.random.id().slice(0, 8)}`;
    try {
      this.space.use(await system.scratch.open({ directory, owner, name }, isLeftover(attempt)));
    } catch (error) {
      throw new MillraceError('io', `The local disk cannot take state: ${reasonOf(error)}`, {
        cause: error,
        where: { slot, ...(directory === undefined ? {} : { directory }) },
        hint: 'Give spec.stateBackend.directory a directory that the job may write, or leave spec.stateBackend out.',
      });
    }
  }
}

/** A slot has ended when its disk is closed. */
export const endingAfter = (events: SlotEvents, disk: () => SlotDisk | undefined): SlotEvents => {
  const afterwards = (then: () => void): void => void disk()?.close().then(then);
  return {
    onEnded: events.onEnded,
    onFinished: (drained) => afterwards(() => events.onFinished(drained)),
    onFailed: (error) => afterwards(() => events.onFailed(error)),
  };
};
