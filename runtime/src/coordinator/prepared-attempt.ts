import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { Attempt, AttemptEvents } from './attempt.ts';

/** An attempt that is brought up for when its deployment leads the job. What happens to it is nobody's business until it is taken. */
export class PreparedAttempt {
  readonly attempt: Attempt;
  private events: AttemptEvents | undefined;
  private failure: unknown;
  private ready = false;

  constructor(create: (events: AttemptEvents) => Attempt) {
    this.attempt = create({
      onRunning: () => this.events?.onRunning(),
      onEnded: (drained) => this.events?.onEnded?.(drained),
      onFinished: (drained) => this.events?.onFinished(drained),
      onFailed: (error) => {
        this.failure = error;
        this.events?.onFailed(error);
      },
    });
  }

  /** It can be taken. */
  get isReady(): boolean {
    return this.ready && !this.attempt.isOver;
  }

  /** Rejects when it has failed. */
  async prepare(): Promise<void> {
    this.ready = await this.attempt.prepare();
    this.requireLife(this.ready);
  }

  /** Takes in the keyed state of a checkpoint. Rejects when it has failed. */
  async preload(manifest: CheckpointManifest): Promise<void> {
    this.requireLife(await this.attempt.preload(manifest));
  }

  /** From now on what happens to it happens to the job. */
  take(events: AttemptEvents): Attempt {
    this.events = events;
    return this.attempt;
  }

  private requireLife(isAlive: boolean): void {
    if (!isAlive) throw this.failure ?? new Error('The attempt was given up before it was prepared.');
  }
}
