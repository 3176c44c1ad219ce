/** What one checkpoint has prepared. */
interface Prepared {
  readonly checkpointId: number;
  readonly committables: Promise<readonly unknown[]>;
}

/**
 * What a subtask has prepared and of which nobody knows yet that it is in the log. It belongs to the first checkpoint that gets there: the
 * records behind it are not read again when only the checkpoint fails. So it is given again with each later one until one is known to be
 * complete.
 */
export class PreparedTransactions {
  /** Oldest first. */
  private prepared: Prepared[] = [];

  /** Settles when what was prepared last is durable. */
  get newest(): Promise<unknown> | undefined {
    return this.prepared.at(-1)?.committables;
  }

  /** Resolves with all that is to go with this checkpoint. */
  async add(checkpointId: number, committables: Promise<readonly unknown[]>): Promise<readonly unknown[]> {
    this.prepared.push({ checkpointId, committables });
    const all = await Promise.all(this.prepared.map((prepared) => prepared.committables));
    return all.flat();
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    if (completed) this.prepared = this.prepared.filter((prepared) => prepared.checkpointId > checkpointId);
  }
}
