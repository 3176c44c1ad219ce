import type { CommittedSink } from '../checkpoint/log-entry.ts';
import type { ManifestSink } from '../checkpoint/manifest.ts';
import type { CommitPermit } from '../checkpoint/permit.ts';
import { pickCommittables } from '../checkpoint/standing.ts';
import type { SinkCommittables } from './job-code.ts';
import { pendingCommits } from './restore-plan.ts';

export interface CommitsSettings {
  /** See `JobCodeHandle.commit`. */
  commit(checkpointId: number, sinks: readonly SinkCommittables[]): Promise<void>;
  /** Tells the log that all of this is visible. */
  committed(sinks: readonly CommittedSink[]): Promise<void>;
}

const nameOf = (uid: string, id: string): string => `${uid} ${id}`;

const namesOf = (sinks: readonly ManifestSink[]): readonly string[] =>
  sinks.flatMap(({ uid, committables }) => committables.map(({ id }) => nameOf(uid, id)));

/** What is made visible in one attempt: each committable once, however often it is named until the log knows. */
export class Commits {
  private readonly settings: CommitsSettings;
  /** Settle when the log has been told. */
  private readonly begun = new Map<string, Promise<void>>();

  constructor(settings: CommitsSettings) {
    this.settings = settings;
  }

  /**
   * Makes visible what a permit allows, oldest first, and tells the log; resolves when all of it is, also what an earlier call has begun.
   * Rejects when a sink cannot.
   */
  async perform({ sinks }: CommitPermit): Promise<void> {
    const fresh = pickCommittables(sinks, (uid, id) => !this.begun.has(nameOf(uid, id)));
    if (fresh.length > 0) this.begin(fresh);
    await Promise.all(namesOf(sinks).flatMap((name) => this.begun.get(name) ?? []));
  }

  private begin(sinks: readonly ManifestSink[]): void {
    const work = this.commit(sinks).then(() => {
      for (const name of namesOf(sinks)) this.begun.delete(name);
    });
    for (const name of namesOf(sinks)) this.begun.set(name, work);
  }

  private async commit(sinks: readonly ManifestSink[]): Promise<void> {
    // The committers keep the order of the calls.
    await Promise.all(
      pendingCommits(sinks).map(({ checkpointId, sinks: prepared }) =>
        this.settings.commit(checkpointId, prepared),
      ),
    );
    await this.settings.committed(
      sinks.map(({ uid, committables }) => ({ uid, ids: committables.map(({ id }) => id) })),
    );
  }
}
