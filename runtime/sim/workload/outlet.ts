/** One row that a sink has published or is about to. */
export interface Row {
  readonly key: string;
  readonly value: string;
}

export interface Transaction {
  readonly id: string;
  readonly sink: string;
  readonly subtask: number;
  readonly attempt: number;
  readonly checkpointId: number;
  readonly rows: readonly Row[];
  state: 'sealed' | 'committed' | 'aborted';
}

/** A row that everybody can see, with who brought it. */
export interface PublishedRow extends Row {
  readonly sink: string;
  readonly attempt: number;
  readonly checkpointId: number;
  readonly transaction: string;
}

/**
 * Where sinks publish, as a broker with transactions would: outside of all processes, and outliving them. What is sealed is kept and
 * not seen; a commit makes it seen, once, however often it comes.
 */
export class Outlet {
  /** In the order of their commits. */
  readonly published: PublishedRow[] = [];
  private readonly transactions = new Map<string, Transaction>();

  seal(transaction: Omit<Transaction, 'state'>): void {
    if (this.transactions.has(transaction.id)) throw new Error(`${transaction.id} was sealed before.`);
    this.transactions.set(transaction.id, { ...transaction, state: 'sealed' });
  }

  /** @throws Error for a transaction that is not there or was aborted: its rows are lost. */
  commit(id: string): void {
    const transaction = this.transactions.get(id);
    if (transaction === undefined) throw new Error(`There is no transaction ${id} to commit.`);
    if (transaction.state === 'aborted') throw new Error(`The transaction ${id} was aborted.`);
    if (transaction.state === 'committed') return;
    transaction.state = 'committed';
    const { sink, attempt, checkpointId } = transaction;
    for (const row of transaction.rows) {
      this.published.push({ ...row, sink, attempt, checkpointId, transaction: id });
    }
  }

  /** Seals and commits in one step, unless that was done before. */
  publishOnce(transaction: Omit<Transaction, 'state'>): void {
    if (this.transactions.has(transaction.id)) return;
    this.seal(transaction);
    this.commit(transaction.id);
  }

  /** What is committed stays so; what is not there is fine. */
  abort(id: string): void {
    const transaction = this.transactions.get(id);
    if (transaction?.state === 'sealed') transaction.state = 'aborted';
  }

  /** Gives up what attempts before this one have left. */
  abortOlder(sink: string, attempt: number): void {
    for (const transaction of this.transactions.values()) {
      if (transaction.sink === sink && transaction.attempt < attempt) this.abort(transaction.id);
    }
  }

  /** Transactions that nobody has ended. */
  sealed(): readonly Transaction[] {
    return [...this.transactions.values()].filter(({ state }) => state === 'sealed');
  }
}
