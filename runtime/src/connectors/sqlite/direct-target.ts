import type { SqliteStatement } from '../../sys/sqlite.ts';
import type { Connection } from './connection.ts';
import type { SqliteSettings } from './options.ts';
import type { Row } from './row-collector.ts';
import { type TableShape, upsertSql } from './table.ts';
import type { RowTarget } from './writer.ts';

/** The table itself: what is stored is seen at once. */
export class DirectTarget implements RowTarget {
  private readonly settings: SqliteSettings;
  private upsert: SqliteStatement | undefined;

  constructor(settings: SqliteSettings) {
    this.settings = settings;
  }

  setUp({ database }: Connection, shape: TableShape): void {
    this.upsert = database.prepare(upsertSql(this.settings, shape));
  }

  store(rows: readonly Row[]): void {
    for (const row of rows) this.upsert?.run(row);
  }
}
