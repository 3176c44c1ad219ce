import { ByteWriter, encodeValue } from '../batch/codec.ts';
import { describeValue, findUnsupported } from '../batch/values.ts';
import type { PreparedSink } from '../checkpoint/slot-snapshot.ts';
import { MillraceError } from '../contract/errors.ts';
import { PreparedTransactions } from '../transforms/prepared-transactions.ts';
import type { DeadLetter } from './failures.ts';

/** Under this uid the dead letters of a job go with its checkpoints, as what a sink has prepared. */
export const deadLetterUid = 'millrace:dead-letters';

/** The dead letters of one subtask between two barriers: a committable. */
export interface DeadLetterParcel {
  /** Unique in the job: attempt, task, slot and checkpoint. */
  readonly id: string;
  readonly letters: readonly DeadLetter[];
}

/** What waits for a checkpoint is kept in memory and written into the log. */
const mostLetters = 10_000;
const mostBytes = 8 * 2 ** 20;

const shownCharacters = 1000;

/** A record may be a dead letter because it is no value at all, a function say: then its description is kept. */
const plainLetter = (letter: DeadLetter): DeadLetter =>
  findUnsupported(letter.record) === undefined
    ? letter
    : { ...letter, record: describeValue(letter.record, shownCharacters) };

const tooMany = (letters: number, bytes: number): MillraceError =>
  new MillraceError(
    'resource',
    `${letters} dead letters (${Math.ceil(bytes / 1024)} KiB) of one subtask wait for a checkpoint to be complete.`,
    {
      hint:
        `Correct the function or the input: so many failures are no exception. At most ${mostLetters} letters and ` +
        `${mostBytes / 2 ** 20} MiB are kept; with spec.deadLetter.policy: Drop they are only counted.`,
    },
  );

/**
 * The dead letters of one subtask under checkpoints. They come out with the checkpoint that has their effect, which is that they have
 * none: once, whatever fails.
 */
export class DeadLetterBox {
  private readonly name: string;
  private readonly prepared = new PreparedTransactions();
  private readonly sizes = new ByteWriter();
  private letters: DeadLetter[] = [];
  /** Since the last checkpoint that is complete. */
  private waiting: { readonly checkpointId: number; readonly letters: number; readonly bytes: number }[] = [];
  private bytes = 0;

  /** `name` says which subtask of which attempt it is. */
  constructor(name: string) {
    this.name = name;
  }

  /** @throws MillraceError resource when too many wait: the job fails by it, whatever the policy. */
  accept(letter: DeadLetter): void {
    const plain = plainLetter(letter);
    this.letters.push(plain);
    this.bytes += this.sizeOf(plain);
    const letters = this.waiting.reduce((sum, sealed) => sum + sealed.letters, this.letters.length);
    const bytes = this.waiting.reduce((sum, sealed) => sum + sealed.bytes, this.bytes);
    if (letters > mostLetters || bytes > mostBytes) throw tooMany(letters, bytes);
  }

  /** At the barrier; undefined = there are none, as nearly always. */
  prepare(checkpointId: number): Promise<PreparedSink> | undefined {
    if (this.letters.length === 0 && this.waiting.length === 0) return undefined;
    const parcel: DeadLetterParcel = { id: `${this.name}-${checkpointId}`, letters: this.letters };
    this.waiting.push({ checkpointId, letters: this.letters.length, bytes: this.bytes });
    const parcels = this.letters.length === 0 ? [] : [parcel];
    this.letters = [];
    this.bytes = 0;
    return this.prepared
      .add(checkpointId, Promise.resolve(parcels))
      .then((committables) => ({ uid: deadLetterUid, committables }));
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.prepared.checkpointEnded(checkpointId, completed);
    if (completed) this.waiting = this.waiting.filter((sealed) => sealed.checkpointId > checkpointId);
  }

  private sizeOf(letter: DeadLetter): number {
    this.sizes.reset();
    encodeValue(letter, this.sizes);
    return this.sizes.length;
  }
}
