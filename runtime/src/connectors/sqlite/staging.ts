/**
 * The tables in which the sink keeps what is prepared and not yet visible, in the same database as its table, and which checkpoints are
 * committed, since the last transaction that wrote rows is the one that says so:
 *
 * - `millrace_transactions`: those that are not committed, each of one writer.
 * - `millrace_staged_N`: rows of N columns, by transaction, in the order in which they were written.
 * - `millrace_checkpoints`: the last checkpoints that were committed, by owner (job and sink) and subtask.
 */
/** A transaction in the database. A committable of `sqliteSink`: it says all that it takes to commit it. */
export interface SqliteTransaction {
  readonly file: string;
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  /** A row is replaced only by one whose value in this column is not lower. */
  readonly guard: string | null;
  readonly name: string;
  readonly owner: string;
  readonly subtask: number;
  readonly checkpoint: number;
  readonly rows: number;
}

/** Commits of one subtask that are remembered: those that may be asked for again. */
const rememberedCommits = 100;

export const stagedTable = (columns: number): string => `millrace_staged_${columns}`;

const stagedColumns = (columns: number): readonly string[] =>
  Array.from({ length: columns }, (_, i) => `c${i}`);

/** Without types, so that nothing is converted before it comes into the table. */
export const stagingTablesSql = (columns: number): readonly string[] => [
  'CREATE TABLE IF NOT EXISTS millrace_transactions (name TEXT PRIMARY KEY, owner TEXT NOT NULL, attempt INTEGER NOT NULL, columns INTEGER NOT NULL, rows INTEGER) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS millrace_checkpoints (number INTEGER PRIMARY KEY, owner TEXT NOT NULL, subtask INTEGER NOT NULL, checkpoint INTEGER NOT NULL, name TEXT NOT NULL UNIQUE)',
  'CREATE INDEX IF NOT EXISTS millrace_checkpoints_by_owner ON millrace_checkpoints (owner, subtask, number)',
  `CREATE TABLE IF NOT EXISTS ${stagedTable(columns)} (name TEXT NOT NULL, position INTEGER NOT NULL, ${stagedColumns(columns).join(', ')}, PRIMARY KEY (name, position)) WITHOUT ROWID`,
];

/** Parameters: name, position, the row. */
export const stageRowSql = (columns: number): string =>
  `INSERT INTO ${stagedTable(columns)} VALUES (?, ?, ${stagedColumns(columns)
    .map(() => '?')
    .join(', ')})`;

/** Parameters: name, owner, attempt, number of columns. */
export const beginSql = 'INSERT INTO millrace_transactions VALUES (?, ?, ?, ?, NULL)';

/**
 * Parameters: number of rows, name. It always changes something: a transaction of the database that does not would not make durable those
 * before it.
 */
export const sealSql = 'UPDATE millrace_transactions SET rows = ? WHERE name = ?';

/** Its parameter: name. */
export const stagedRowsSql = (columns: number): string =>
  `SELECT ${stagedColumns(columns).join(', ')} FROM ${stagedTable(columns)} WHERE name = ? ORDER BY position`;

export const removeStagedSql = (columns: number): string =>
  `DELETE FROM ${stagedTable(columns)} WHERE name = ?`;

export const stagingTableNamesSql = "SELECT name FROM sqlite_master WHERE name GLOB 'millrace_staged_[0-9]*'";

/** Rows of no transaction: those of one that is not ended are never without it, since both come in one transaction of the database. */
export const removeStraysSql = (table: string): string =>
  `DELETE FROM ${table} WHERE name NOT IN (SELECT name FROM millrace_transactions)`;

export const endSql = 'DELETE FROM millrace_transactions WHERE name = ?';

/** Parameters: owner, subtask, checkpoint, name. */
export const rememberSql =
  'INSERT INTO millrace_checkpoints (owner, subtask, checkpoint, name) VALUES (?, ?, ?, ?)';

/** Parameters: owner, subtask, owner, subtask. */
export const forgetSql: string =
  'DELETE FROM millrace_checkpoints WHERE owner = ? AND subtask = ? AND number NOT IN ' +
  `(SELECT number FROM millrace_checkpoints WHERE owner = ? AND subtask = ? ORDER BY number DESC LIMIT ${rememberedCommits})`;

/** Whether a database has been staged in. */
export const hasStagingSql = "SELECT 1 FROM sqlite_master WHERE name = 'millrace_transactions'";

/** Names that the sink keeps for itself. */
export const isOwnTable = (table: string): boolean => /^millrace_/i.test(table);
