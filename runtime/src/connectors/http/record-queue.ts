/** Records that have come in and that the job has not yet taken, bounded. */
export class RecordQueue {
  private posts: (readonly unknown[])[] = [];
  private records = 0;
  private open = true;
  private readonly maximumRecords: number;

  constructor(maximumRecords: number) {
    this.maximumRecords = maximumRecords;
  }

  /** Takes nothing any more; what is there can still be taken out. */
  close(): void {
    this.open = false;
  }

  get isOpen(): boolean {
    return this.open;
  }

  get length(): number {
    return this.records;
  }

  /** Takes a post whole or not at all. A post larger than the queue is taken when the queue is empty. */
  offer(records: readonly unknown[]): boolean {
    if (this.records > 0 && this.records + records.length > this.maximumRecords) return false;
    if (records.length === 0) return true;
    this.posts.push(records);
    this.records += records.length;
    return true;
  }

  /** The oldest post, or undefined. */
  take(): readonly unknown[] | undefined {
    const post = this.posts.shift();
    if (post !== undefined) this.records -= post.length;
    return post;
  }
}
