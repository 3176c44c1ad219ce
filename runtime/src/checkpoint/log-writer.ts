import { isDeepStrictEqual } from 'node:util';
import { MillraceError } from '../contract/errors.ts';
import type { Clock } from '../sys/system.ts';
import { type Me, nextEntry, type Protocol, type Put, theProtocol, type Wish } from './decide.ts';
import { highestNumber, type LogReading, readLog } from './log.ts';
import { encodeLogEntry, type LogEntry } from './log-entry.ts';
import { jobRoot, logKey, stateFolder } from './paths.ts';
import { CommitPermit } from './permit.ts';
import type { Standing } from './standing.ts';

/** What became of a wish. */
export type Appended =
  /** It is in the log and nothing stands behind it. */
  | { readonly outcome: 'done'; readonly standing: Standing; readonly permit: CommitPermit }
  /** Another leads: stop acting. The standing says who. The entry may be in the log all the same. */
  | { readonly outcome: 'deposed'; readonly standing: Standing };

export interface LogWriterSettings extends LogReading {
  readonly me: Me;
  readonly clock: Clock;
  /** Checkpoints to keep; asked for every entry. */
  retained(): number;
  readonly protocol?: Protocol;
}

/** An entry of which nobody knows yet whether it was written, and the wish that it was for. */
interface Unsure {
  readonly entry: LogEntry;
  readonly wish: Wish;
}

/** Others may put entries while we claim; whoever loses this often meets something that never ends. */
const mostTries = 100;

/**
 * One coordinator's hand on the log of its job: read, decide, put if absent, look again. Calls are done one after the other. A call
 * that rejects may have written its entry: the next one finds out first.
 */
export class LogWriter {
  private readonly settings: LogWriterSettings;
  private readonly protocol: Protocol;
  private entries: readonly LogEntry[] = [];
  private known: Standing;
  private isRead = false;
  private unsure: Unsure | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(settings: LogWriterSettings) {
    this.settings = settings;
    this.protocol = settings.protocol ?? theProtocol;
    this.known = this.protocol.standingOf(settings.jobUid, [], settings.store.place);
  }

  /** Where the job stands, as far as is known. */
  get standing(): Standing {
    return this.known;
  }

  /** What it writes for. */
  get deployment(): string {
    return this.settings.me.deployment;
  }

  /** What it takes to read the same log without it. */
  get reading(): LogReading & Pick<LogWriterSettings, 'clock'> {
    return this.settings;
  }

  /** Reads the log anew. @throws MillraceError when something that is needed is missing or damaged */
  refresh(): Promise<Standing> {
    return this.inTurn(() => this.read());
  }

  /** Puts the next entry. @throws MillraceError when the wish cannot be, or the store fails */
  append(wish: Wish): Promise<Appended> {
    return this.inTurn(() => this.appendNow(wish));
  }

  /** Asks whether this is still the leader, and what it may make visible; undefined = it is not. */
  permit(): Promise<CommitPermit | undefined> {
    return this.inTurn(async () => {
      if (!this.isRead || this.unsure !== undefined) await this.read();
      return this.givePermit(await highestNumber(this.settings));
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  private givePermit(highest: number): CommitPermit | undefined {
    return CommitPermit.give(this.known, this.settings.me, highest, this.protocol);
  }

  private async read(): Promise<Standing> {
    const { jobUid, store } = this.settings;
    const entries = await readLog(this.settings, this.entries);
    this.known = this.protocol.standingOf(jobUid, entries, store.place);
    this.entries = entries;
    this.isRead = true;
    return this.known;
  }

  private async appendNow(wish: Wish): Promise<Appended> {
    let termBefore: number | undefined;
    for (let tried = 0; tried < mostTries; tried++) {
      if (wish.kind === 'claim' || !this.isRead || this.unsure !== undefined) await this.read();
      if (this.wasWritten(wish)) return this.afterPut();
      // Of two that claim at the same time one gives in, or they would depose each other for ever.
      termBefore ??= this.known.term;
      if (wish.kind === 'claim' && this.known.term !== termBefore) return this.deposed();
      const decision = this.protocol.decide(this.known, this.settings.me, wish);
      if (decision.do === 'refuse') throw decision.error;
      if (decision.do === 'stop') return this.deposed();
      if (this.known.number === 0) await this.refuseLostLog();
      if ((await this.put(this.entryOf(decision), wish)) === 'written') return this.afterPut();
    }
    const why = `The log of the job ${this.known.jobUid} grew ${mostTries} times while an entry was put.`;
    throw new MillraceError('io', why, {
      hint: 'See who else runs this job: `millrace checkpoint list` names the writers.',
    });
  }

  private entryOf(decision: Put): LogEntry {
    const { me, clock, retained } = this.settings;
    const stamp = { me, atMs: clock.nowMs(), retained: retained() };
    return nextEntry(this.known, decision, stamp, (entry) => this.standingBehind(entry));
  }

  private standingBehind(entry: LogEntry): Standing {
    const { jobUid, store } = this.settings;
    return this.protocol.standingOf(jobUid, [...this.entries, entry], store.place);
  }

  private async put(entry: LogEntry, wish: Wish): Promise<'written' | 'exists'> {
    const { store, jobUid, checksum } = this.settings;
    this.unsure = { entry, wish };
    const result = await store.putIfAbsent(logKey(jobUid, entry.number), encodeLogEntry(entry, checksum));
    if (result === 'exists') {
      this.unsure = undefined;
      this.isRead = false;
      return result;
    }
    this.known = this.standingBehind(entry);
    this.entries = [...this.entries, entry].filter(({ number }) => number >= entry.since);
    return result;
  }

  /** After reading: whether the entry that we did not know about was written, and for this wish. */
  private wasWritten(wish: Wish): boolean {
    const { unsure } = this;
    if (unsure === undefined) return false;
    const found = this.entries.find(({ number }) => number === unsure.entry.number);
    const isOurs = found?.writer === this.settings.me.writer && isDeepStrictEqual(wish, unsure.wish);
    if (!isOurs) this.unsure = undefined;
    return isOurs;
  }

  /** An entry is written; whoever leads now may be another all the same. */
  private async afterPut(): Promise<Appended> {
    const permit = this.givePermit(await highestNumber(this.settings));
    this.unsure = undefined;
    if (permit !== undefined) return { outcome: 'done', standing: this.known, permit };
    await this.read();
    return this.deposed();
  }

  private deposed(): Appended {
    return { outcome: 'deposed', standing: this.known };
  }

  /** A job with state and without a log has lost it: to begin anew would be to lose the state as well. */
  private async refuseLostLog(): Promise<void> {
    const { store, jobUid } = this.settings;
    const [object] = await store.list(`${jobRoot(jobUid)}${stateFolder}`);
    if (object === undefined || (await highestNumber(this.settings)) > 0) return;
    throw new MillraceError(
      'state-damaged',
      `The job ${jobUid} has state, ${object.key} for one, and no log.`,
      {
        hint: 'Bring its log back from a copy, start from a savepoint, or give the job another name or prefix to begin anew.',
        where: { store: store.place, job: jobUid },
      },
    );
  }
}
