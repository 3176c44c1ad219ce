import type { CommittedSink } from '../checkpoint/log-entry.ts';
import type { ManifestSink } from '../checkpoint/manifest.ts';
import type { CommitPermit } from '../checkpoint/permit.ts';
import type { SinkCommittables } from './job-code.ts';
import { pendingCommits } from './restore-plan.ts';

export interface CommitsSettings {
  /** See `JobCodeHandle.commit`. */
  commit(checkpointId: number, sinks: readonly SinkCommittables[]): Promise<void>;
  /** Tells the log that all of this is visible. */
  committed(sinks: readonly CommittedSink[]): Promise<void>;
}

const nameOf = (uid: string, id: string): string => `${uid} ${id}`;

/** What is made visible in one attempt: each committable once, however often it is named until the log knows. */
export class Commits {
  private readonly settings: CommitsSettings;
  private readonly begun = new Set<string>();

  constructor(settings: CommitsSettings) {
    this.settings = settings;
  }

  /** Makes visible what a permit allows, oldest first, and tells the log. Rejects when a sink cannot. */
  async perform({ sinks }: CommitPermit): Promise<void> {
    const fresh = sinks
      .map((sink) => ({
        ...sink,
        committables: sink.committables.filter(({ id }) => !this.begun.has(nameOf(sink.uid, id))),
      }))
      .filter(({ committables }) => committables.length > 0);
    if (fresh.length === 0) return;
    this.begin(fresh);
    // The committers keep the order of the calls.
    await Promise.all(
      pendingCommits(fresh).map(({ checkpointId, sinks: prepared }) =>
        this.settings.commit(checkpointId, prepared),
      ),
    );
    await this.settings.committed(
      fresh.map(({ uid, committables }) => ({ uid, ids: committables.map(({ id }) => id) })),
    );
    for (const { uid, committables } of fresh)
      for (const { id } of committables) this.begun.delete(nameOf(uid, id));
  }

  private begin(sinks: readonly ManifestSink[]): void {
    for (const { uid, committables } of sinks)
      for (const { id } of committables) this.begun.add(nameOf(uid, id));
  }
}
