import type { EntryOf, LogEntry } from './log-entry.ts';
import type { CheckpointManifest, ManifestSink } from './manifest.ts';
import { logKey } from './paths.ts';
import type { Restored } from './restored.ts';
import { unusable } from './sealed-text.ts';

/** A manifest, its number in the log, the term that published it, and when it did by its writer's clock. */
export interface Published {
  readonly number: number;
  readonly term: number;
  readonly atMs: number;
  readonly manifest: CheckpointManifest;
}

/** A change of deployments that is neither promoted nor rolled back. */
export interface SwitchOver {
  /** The number of the hand-over. */
  readonly handOver: number;
  readonly from: string;
  readonly to: string;
  readonly cut: Published;
  readonly isReleased: boolean;
}

/** Where a job stands, as its log says. Numbers are 0 and texts empty where there is nothing yet. */
export interface Standing {
  readonly jobUid: string;
  /** The highest number. */
  readonly number: number;
  /** The lowest number that is needed. */
  readonly since: number;
  readonly term: number;
  readonly attempt: number;
  /** Who leads: the process of the last claim, and its deployment. */
  readonly writer: string;
  readonly deployment: string;
  /** The deployment whose checkpoints count: that of the leader, unless a hand-over or a rollback says otherwise. */
  readonly owner: string;
  /** The manifests that count, oldest first. The last one is the latest checkpoint. */
  readonly line: readonly Published[];
  readonly highestCheckpointId: number;
  /** What the latest manifest names and nobody has reported as visible. */
  readonly pending: readonly ManifestSink[];
  /** What was pending at a rollback and belongs to no manifest that counts: to be aborted before the next checkpoint. */
  readonly aborted: readonly ManifestSink[];
  readonly switchOver: SwitchOver | undefined;
  /** How it was stopped, if nothing runs. */
  readonly stopped: string | undefined;
}

/** To what a job has gone back, because somebody wished it; the newest last. */
export const restoredIn = ({ line }: Pick<Standing, 'line'>): readonly Restored[] =>
  line.at(-1)?.manifest.restored ?? [];

/** Sinks with some of their committables; those without any are left out. */
export const pickCommittables = (
  sinks: readonly ManifestSink[],
  isWanted: (uid: string, id: string, checkpointId: number) => boolean,
): readonly ManifestSink[] =>
  sinks
    .map((sink) => ({
      ...sink,
      committables: sink.committables.filter(({ id, checkpointId }) => isWanted(sink.uid, id, checkpointId)),
    }))
    .filter(({ committables }) => committables.length > 0);

/** Whether sinks name a committable. */
export const names = (sinks: readonly ManifestSink[], uid: string, id: string): boolean =>
  sinks.some((sink) => sink.uid === uid && sink.committables.some((committable) => committable.id === id));

/** The committables of both, each once. */
export const joinCommittables = (
  first: readonly ManifestSink[],
  second: readonly ManifestSink[],
): readonly ManifestSink[] => {
  const added = pickCommittables(second, (uid, id) => !names(first, uid, id));
  const known = first.map((sink) => {
    const more = added.filter(({ uid }) => uid === sink.uid).flatMap(({ committables }) => committables);
    return { ...sink, committables: [...sink.committables, ...more] };
  });
  return [...known, ...added.filter(({ uid }) => first.every((sink) => sink.uid !== uid))];
};

/** Follows a log entry by entry. */
class Reader {
  private at: Standing;
  private readonly place: string;
  /** What was reported as visible, by sink. */
  private readonly committed = new Map<string, Set<string>>();
  private first = 0;

  constructor(jobUid: string, place: string) {
    this.place = place;
    this.at = {
      jobUid,
      number: 0,
      since: 1,
      term: 0,
      attempt: 0,
      writer: '',
      deployment: '',
      owner: '',
      line: [],
      highestCheckpointId: 0,
      pending: [],
      aborted: [],
      switchOver: undefined,
      stopped: undefined,
    };
  }

  take(entry: LogEntry): void {
    const { number, since, term, attempt, writer, deployment } = entry;
    const isFirst = this.first === 0;
    if (isFirst) this.first = number;
    else this.checkOrder(entry);
    // What counts at the first entry that is needed is what its writer ran.
    const owner = isFirst ? deployment : this.at.owner;
    this.at = { ...this.at, number, since, term, attempt, writer, deployment, owner };
    this.takeBody(entry);
  }

  end(): Standing {
    const latest = this.at.line.at(-1);
    const isPending = (uid: string, id: string): boolean => this.committed.get(uid)?.has(id) !== true;
    return { ...this.at, pending: pickCommittables(latest?.manifest.sinks ?? [], isPending) };
  }

  private refuse(entry: LogEntry, why: string): Error {
    return unusable('log entry', { store: this.place, key: logKey(this.at.jobUid, entry.number) }, why);
  }

  private checkOrder(entry: LogEntry): void {
    const { number, since, term, attempt, writer, deployment } = this.at;
    if (entry.number !== number + 1) throw this.refuse(entry, `follows number ${number}`);
    if (entry.since < since) throw this.refuse(entry, 'needs entries that were given up before it');
    const isClaim = entry.kind === 'claim';
    const expected = isClaim ? term + 1 : term;
    if (entry.term !== expected)
      throw this.refuse(entry, `is of term ${entry.term}, where only ${expected} can be`);
    if (entry.attempt !== attempt && !(isClaim && entry.attempt === attempt + 1))
      throw this.refuse(entry, `is of attempt ${entry.attempt} after attempt ${attempt}`);
    if (!isClaim && (entry.writer !== writer || entry.deployment !== deployment))
      throw this.refuse(entry, `was written by ${entry.writer} of ${entry.deployment}, who did not lead`);
  }

  private takeBody(entry: LogEntry): void {
    switch (entry.kind) {
      case 'claim':
        return this.takeClaim(entry);
      case 'manifest':
        return this.takeManifest(entry);
      case 'committed':
        for (const { uid, ids } of entry.sinks)
          this.committed.set(uid, new Set([...(this.committed.get(uid) ?? []), ...ids]));
        return undefined;
      case 'handOver':
        return this.takeHandOver(entry);
      case 'released':
      case 'promoted':
        return this.takeProgress(entry);
      case 'rolledBack':
        return this.takeRollback(entry);
      case 'stopped':
        this.at = { ...this.at, stopped: entry.how };
        return undefined;
    }
  }

  private takeClaim({ deployment }: EntryOf<'claim'>): void {
    const open = this.at.switchOver;
    const isOfSwitchOver = open !== undefined && (deployment === open.from || deployment === open.to);
    const owner = isOfSwitchOver ? this.at.owner : deployment;
    this.at = { ...this.at, owner, switchOver: isOfSwitchOver ? open : undefined, stopped: undefined };
  }

  private takeManifest(entry: EntryOf<'manifest'>): void {
    const { number, term, atMs, manifest } = entry;
    const { checkpointId, attempt } = manifest;
    if (checkpointId <= this.at.highestCheckpointId)
      throw this.refuse(entry, `publishes checkpoint ${checkpointId} after ${this.at.highestCheckpointId}`);
    if (attempt !== entry.attempt)
      throw this.refuse(entry, `publishes a checkpoint of attempt ${attempt} in attempt ${entry.attempt}`);
    const line = [...this.at.line, { number, term, atMs, manifest }];
    this.at = { ...this.at, line, highestCheckpointId: checkpointId, aborted: [] };
  }

  private takeHandOver(entry: EntryOf<'handOver'>): void {
    const { number, from, to } = entry;
    const cut = this.at.line.at(-1);
    if (cut?.number !== entry.cut)
      throw this.refuse(entry, `names ${entry.cut} as its cut, which is not the latest`);
    this.at = { ...this.at, switchOver: { handOver: number, from, to, cut, isReleased: false }, owner: to };
  }

  private takeProgress(entry: EntryOf<'released' | 'promoted'>): void {
    const { switchOver } = this.at;
    // The end of a switch-over may be needed longer than its beginning.
    if (entry.handOver < this.first) return;
    if (switchOver?.handOver !== entry.handOver)
      throw this.refuse(entry, `is of the hand-over ${entry.handOver}, which is not under way`);
    this.at = {
      ...this.at,
      switchOver: entry.kind === 'promoted' ? undefined : { ...switchOver, isReleased: true },
    };
  }

  private takeRollback(entry: EntryOf<'rolledBack'>): void {
    const { to, owner = this.at.switchOver?.from ?? this.at.owner } = entry;
    const line = this.at.line.filter(({ number }) => number <= to);
    if (line.at(-1)?.number !== to)
      throw this.refuse(entry, `goes back to ${to}, which is no checkpoint that counts`);
    const isLost = (uid: string, id: string): boolean =>
      this.committed.get(uid)?.has(id) !== true && !names(line.at(-1)?.manifest.sinks ?? [], uid, id);
    const lost = pickCommittables(this.at.line.at(-1)?.manifest.sinks ?? [], isLost);
    const aborted = joinCommittables(this.at.aborted, lost);
    this.at = { ...this.at, line, aborted, owner, switchOver: undefined };
  }
}

/**
 * Where a job stands, from the entries that its log still has, in order. Pure; `place` is where they were found, for messages.
 * @throws MillraceError io when they cannot follow each other
 */
export const standingOf = (jobUid: string, entries: readonly LogEntry[], place: string): Standing => {
  const reader = new Reader(jobUid, place);
  for (const entry of entries) reader.take(entry);
  return reader.end();
};
