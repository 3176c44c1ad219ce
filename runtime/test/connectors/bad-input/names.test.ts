import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { collection } from '../../../src/connectors/collection/index.ts';
import { type FilesOptions, fileSink, files } from '../../../src/connectors/files/index.ts';
import { sqliteSink } from '../../../src/connectors/sqlite/index.ts';
import { count, type Source } from '../../../src/index.ts';
import { executeAndCollect, runJob } from '../../../src/testing/index.ts';
import { readUnder, useDirectory } from './policies.ts';

const directory = useDirectory();

/** Names that every object of JavaScript inherits, and one that sets what it inherits. */
const names = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
] as const;

/** A record with this one field, own and nothing else. */
const recordOf = (name: string, value: unknown): Record<string, unknown> =>
  JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as Record<string, unknown>;

const read = async (
  content: string,
  options: Omit<FilesOptions<unknown>, 'path'>,
): Promise<readonly unknown[]> => {
  directory.put('in.data', content);
  const source: Source<unknown> = files<unknown>({ path: 'in.data', ...options });
  const { result, values } = await readUnder('fail', source, { baseDirectory: directory.path });
  if (result.state === 'failed') throw result.error;
  return values;
};

/** The fields that records own, by name and value. */
const fieldsOf = (records: readonly unknown[]): unknown[] =>
  records.map((record) => Object.entries(record as Record<string, unknown>));

describe.each(names)('a field called %s', (name) => {
  const lines = `{${JSON.stringify(name)}:{"admin":true}}\n{"other":1}\n`;

  it('is a field like any other of NDJSON, whole or by name, and missing where it is not', async () => {
    const expected = [[[name, { admin: true }]], [['other', 1]]];
    expect(fieldsOf(await read(lines, { format: 'ndjson' }))).toEqual(expected);
    const byName = await read(lines, { format: 'ndjson', fields: [name] });
    expect(fieldsOf(byName)).toEqual([[[name, { admin: true }]], []]);
    expect('admin' in {}).toBe(false);
  });

  it('is a field like any other of a JSON array', async () => {
    const values = await read(`[{${JSON.stringify(name)}:1},{"other":2}]`, {
      format: 'json',
      fields: [name],
    });
    expect(fieldsOf(values)).toEqual([[[name, 1]], []]);
  });

  it('is a column like any other of CSV, with a type or without', async () => {
    const text = `${name},other\n1,a\n2,b\n`;
    expect(fieldsOf(await read(text, { format: 'csv', fields: [name] }))).toEqual([
      [[name, '1']],
      [[name, '2']],
    ]);
    const typed = await read(text, {
      format: 'csv',
      fields: [name],
      types: Object.fromEntries([[name, 'number']]),
    });
    expect(fieldsOf(typed)).toEqual([[[name, 1]], [[name, 2]]]);
  });
});

describe.each(names)('a field called %s, on its way out,', (name) => {
  it('is written as it was read, to NDJSON and to CSV', async () => {
    for (const format of ['ndjson', 'csv'] as const) {
      const records = [recordOf(name, 1), recordOf(name, 2)];
      const result = await runJob(
        (env) => void env.fromSource(collection(records)).sinkTo(fileSink({ directory: format, format })),
        { baseDirectory: directory.path },
      );
      expect(result.state).toBe('finished');
      const [file = ''] = readdirSync(join(directory.path, format));
      const text = readFileSync(join(directory.path, format, file), 'utf8');
      expect(text).toBe(format === 'csv' ? `${name}\n1\n2\n` : `{"${name}":1}\n{"${name}":2}\n`);
    }
  });

  it('may name the directories of partitions', async () => {
    const records = [recordOf(name, 'a'), { other: 1 }];
    await runJob(
      (env) =>
        void env
          .fromSource(collection<unknown>(records))
          .sinkTo(fileSink({ directory: 'out', format: 'ndjson', partitionBy: name })),
      { baseDirectory: directory.path },
    );
    // Two underscores in front mark what is no text, so a name that has them is written otherwise.
    const start = name.replace(/^__/, '%5F_');
    expect(readdirSync(join(directory.path, 'out')).sort()).toEqual(
      [`${start}=__null__`, `${start}=a`].sort(),
    );
  });

  it('is a column like any other of a table', async () => {
    const records = [recordOf(name, 1), recordOf(name, 2), recordOf(name, 1)];
    const result = await runJob(
      (env) =>
        void env
          .fromSource(collection(records))
          .sinkTo(sqliteSink({ file: 'out.db', table: 'rows', key: [name] })),
      { baseDirectory: directory.path },
    );
    expect(result.state).toBe('finished');
    const database = new DatabaseSync(join(directory.path, 'out.db'));
    const rows = database.prepare(`SELECT "${name}" AS v FROM rows ORDER BY 1`).all();
    database.close();
    expect(rows.map(({ v }) => v)).toEqual([1, 2]);
  });

  it('is a key like any other, read as a column', async () => {
    directory.put('in.data', `{"${name}":"a"}\n{"${name}":"b"}\n{"${name}":"a"}\n{"other":1}\n`);
    const counted = await executeAndCollect(
      (env) =>
        env
          .fromSource(files<Record<string, unknown>>({ path: 'in.data', format: 'ndjson' }))
          .keyBy(name)
          .aggregate({ n: count() }),
      { baseDirectory: directory.path, mode: 'Batch' },
    );
    expect(counted.map((record) => (record as { n: number }).n)).toEqual([1, 1, 2, 1]);
  });
});
