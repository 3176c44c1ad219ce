/** Which epoch each checkpoint ended, of those that changes may be asked for since. */
export class SnapshotEpochs {
  private readonly epochs: Map<number, number> = new Map();

  /** The epoch that a checkpoint ended; undefined when it is not known here, or not any more. */
  epochOf(checkpointId: number | undefined): number | undefined {
    return checkpointId === undefined ? undefined : this.epochs.get(checkpointId);
  }

  begin(checkpointId: number, epoch: number): void {
    this.epochs.set(checkpointId, epoch);
  }

  /** A checkpoint is durable, or never will be. Gives the epoch up to which nothing is asked for again, when that has changed. */
  end(checkpointId: number, completed: boolean): number | undefined {
    const epoch = this.epochs.get(checkpointId);
    if (!completed) this.epochs.delete(checkpointId);
    if (epoch === undefined || !completed) return undefined;
    for (const [id, ended] of this.epochs) if (ended < epoch) this.epochs.delete(id);
    return epoch;
  }
}
