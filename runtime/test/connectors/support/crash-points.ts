import type { FileSystem, OpenFile } from '../../../src/sys/files.ts';
import type { Sqlite, SqliteDatabase, SqliteStatement } from '../../../src/sys/sqlite.ts';
import type { System } from '../../../src/sys/system.ts';

/** A process that has ended: nothing that it still does has an effect. */
class Crash extends Error {}

/** Counts the calls of a process that change the world, and ends it before or after one of them. */
export class CrashPoints {
  calls = 0;
  private readonly at: number;
  private readonly when: 'before' | 'after';
  private readonly onEnd: (() => void)[] = [];
  private ended = false;

  constructor(at: number = Number.POSITIVE_INFINITY, when: 'before' | 'after' = 'before') {
    this.at = at;
    this.when = when;
  }

  get over(): boolean {
    return this.ended;
  }

  call<R>(work: () => R): R {
    this.assertAlive();
    const isLast = ++this.calls === this.at;
    if (isLast && this.when === 'before') this.crash();
    const result = work();
    if (isLast) this.crash();
    return result;
  }

  /** What only looks. */
  assertAlive(): void {
    if (this.ended) throw new Crash('The process has ended.');
  }

  /** What the machine does when the process ends. */
  onCrash(work: () => void): void {
    this.onEnd.push(work);
  }

  private crash(): never {
    this.ended = true;
    for (const work of this.onEnd) work();
    throw new Crash('The process ends here.');
  }
}

const crashingFile = (file: OpenFile, points: CrashPoints): OpenFile => ({
  read: (...range) => file.read(...range),
  write: (bytes) => points.call(() => file.write(bytes)),
  sync: () => points.call(() => file.sync()),
  syncSoon: () => points.call(() => file.syncSoon()),
  status: () => file.status(),
  close: () => points.call(() => file.close()),
});

const crashingFiles = (files: FileSystem, points: CrashPoints): FileSystem => ({
  open: (path, mode) => points.call(() => crashingFile(files.open(path, mode), points)),
  openTemporary: () => points.call(() => files.openTemporary()),
  makeDirectory: (path) => points.call(() => files.makeDirectory(path)),
  rename: (from, to) => points.call(() => files.rename(from, to)),
  remove: (path) => points.call(() => files.remove(path)),
  stat: (path) => files.stat(path),
  readText: (path) => files.readText(path),
  list: (directory) => files.list(directory),
  glob: (pattern, base) => files.glob(pattern, base),
});

const crashingSqlite = (sqlite: Sqlite, points: CrashPoints): Sqlite => ({
  open: (path, busyTimeoutMs) => {
    const database: SqliteDatabase = points.call(() => sqlite.open(path, busyTimeoutMs));
    // The system takes the locks of a process that has ended, and SQLite rolls back what it had begun.
    points.onCrash(() => database.close());
    return {
      execute: (sql) => points.call(() => database.execute(sql)),
      prepare: (sql) => {
        points.assertAlive();
        const statement: SqliteStatement = database.prepare(sql);
        return {
          run: (values) => points.call(() => statement.run(values)),
          all: (values) => {
            points.assertAlive();
            return statement.all(values);
          },
        };
      },
      close: () => points.call(() => database.close()),
    };
  },
});

/** A process of a machine: its disk and databases stay when it ends. */
export const crashingSystem = (system: System, points: CrashPoints): System => ({
  ...system,
  files: crashingFiles(system.files, points),
  sqlite: crashingSqlite(system.sqlite, points),
});
