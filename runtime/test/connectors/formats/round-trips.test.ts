import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FileSinkOptions,
  type FilesOptions,
  fileSink,
  files,
} from '../../../src/connectors/files/index.ts';
import { columnBatch, openWriter, rowBatch } from '../support/sink-run.ts';
import { SourceRun } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

type Row = Readonly<Record<string, unknown>>;

/** Writes records to files and gives the machine that they are on. */
const write = async (
  batches: readonly (readonly Row[])[],
  options: Omit<FileSinkOptions, 'directory'>,
  asColumns: boolean,
): Promise<TestSystem> => {
  const test = new TestSystem();
  const writer = await openWriter(fileSink<Row>({ directory: 'out', ...options }), test);
  for (const rows of batches) writer.write(asColumns ? columnBatch(rows) : rowBatch(rows));
  await writer.flush();
  await writer.close();
  return test;
};

/** Reads them back; reads give no more than `readBytes` at a time. */
const read = async (
  test: TestSystem,
  options: Omit<FilesOptions<Row>, 'path'>,
  how: { readonly readBytes: number; readonly parallelism: number },
): Promise<readonly Row[]> => {
  test.files.readBytes = how.readBytes;
  if (test.files.paths().length === 0) return [];
  const run = new SourceRun(files<Row>({ path: `out/*.${options.format}`, ...options }), test, {
    parallelism: how.parallelism,
  });
  await run.open();
  expect(await run.runToEnd()).toBe('end');
  await run.close();
  return run.values();
};

const how = fc.record({
  readBytes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(100_000)),
  parallelism: fc.integer({ min: 1, max: 3 }),
});

const awkwardText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    '"',
    '""',
    ',',
    '\n',
    '\r\n',
    '\r',
    'a,b',
    'a\nb',
    ' x ',
    '\u2028',
    '\ufeff',
    'null',
    '0',
  ),
);

describe('CSV that was written by the sink', () => {
  const columns = ['n', 'plain', 'with, comma', 'with "quotes"', 'é\n2'] as const;
  const row = fc.record({
    n: fc.option(fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))),
    plain: fc.option(fc.boolean()),
    'with, comma': awkwardText,
    'with "quotes"': awkwardText,
    'é\n2': awkwardText,
  });
  const types = { n: 'number', plain: 'boolean' } as const;
  /** CSV has one zero. */
  const asRead = (given: Row): Row => ({ ...given, n: given['n'] === 0 ? 0 : given['n'] });
  const byContent = (rows: readonly Row[]): readonly string[] =>
    rows.map((value) => JSON.stringify(value)).sort();

  it('is read back as it was, whatever the values, delimiters, parts, and cuts of the bytes', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.array(row, { minLength: 1, maxLength: 6 }), { maxLength: 5 }),
      fc.constantFrom(',', ';', '\t', '|'),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      how,
      async (batches, delimiter, records, asColumns, reading) => {
        const options = { format: 'csv', delimiter } as const;
        const test = await write(batches, { ...options, columns, roll: { records } }, asColumns);
        const back = await read(test, { ...options, types }, reading);
        expect(byContent(back)).toEqual(byContent(batches.flat().map(asRead)));
      },
    );
    await fc.assert(property, { numRuns: 120, seed: 21 });
  });

  it('gives the same values when only some of its columns are read', async () => {
    const property = fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 8 }),
      fc.subarray([...columns], { minLength: 1 }),
      how,
      async (rows, fields, reading) => {
        const test = await write([rows], { format: 'csv', columns }, false);
        const fieldTypes = Object.fromEntries(
          Object.entries(types).filter(([name]) => fields.includes(name as never)),
        );
        const back = await read(test, { format: 'csv', types: fieldTypes, fields }, reading);
        const expected = rows.map((given) =>
          Object.fromEntries(fields.map((name) => [name, asRead(given)[name]])),
        );
        expect(byContent(back)).toEqual(byContent(expected));
      },
    );
    await fc.assert(property, { numRuns: 80, seed: 22 });
  });

  it('lets slots share a file when no value holds a line feed', async () => {
    const line = fc.record({
      n: fc.integer(),
      text: awkwardText.map((text) => text.replaceAll(/[\r\n]/g, '')),
    });
    const property = fc.asyncProperty(
      fc.array(line, { minLength: 40, maxLength: 120 }),
      how,
      async (rows, reading) => {
        const test = await write([rows], { format: 'csv' }, false);
        const back = await read(
          test,
          { format: 'csv', types: { n: 'number' }, quotedNewlines: false, splitBytes: 1024 },
          reading,
        );
        expect(byContent(back)).toEqual(byContent(rows));
      },
    );
    await fc.assert(property, { numRuns: 40, seed: 23 });
  });
});

describe('NDJSON that was written by the sink', () => {
  const record = fc.dictionary(
    fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'é', ''), fc.string({ maxLength: 5 })),
    fc.jsonValue({ maxDepth: 2 }),
    { maxKeys: 5 },
  );
  const texts = (rows: readonly unknown[]): readonly string[] =>
    rows.map((value) => JSON.stringify(value)).sort();

  it('is read back as it was, from parts in byte ranges, whatever the records', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.array(record, { minLength: 1, maxLength: 10 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 30 }),
      how,
      async (batches, records, reading) => {
        const test = await write(batches, { format: 'ndjson', roll: { records } }, false);
        const back = await read(test, { format: 'ndjson', splitBytes: 1024 }, reading);
        expect(texts(back)).toEqual(texts(batches.flat()));
      },
    );
    await fc.assert(property, { numRuns: 100, seed: 24 });
  });

  it('gives of declared fields what whole records have', async () => {
    const property = fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 30 }),
      fc.subarray(['a', 'b', '__proto__', 'é', 'none'], { minLength: 1 }),
      how,
      async (rows, fields, reading) => {
        const test = await write([rows], { format: 'ndjson' }, false);
        const back = await read(test, { format: 'ndjson', fields }, reading);
        const expected = rows.map((given) =>
          Object.fromEntries(
            fields.filter((name) => Object.hasOwn(given, name)).map((name) => [name, given[name]]),
          ),
        );
        expect(texts(back)).toEqual(texts(expected));
      },
    );
    await fc.assert(property, { numRuns: 100, seed: 25 });
  });
});

describe('a JSON array', () => {
  it('gives its elements whatever its layout and the cuts of its bytes', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 20 }),
      fc.constantFrom(undefined, 1, 4, '\t', '\r\n'.slice(1)),
      fc.constantFrom('', ' ', '\n', '\r\n\t', '\ufeff'),
      how,
      async (elements, indent, around, reading) => {
        const test = new TestSystem();
        const behind = around === '\ufeff' ? '' : around;
        test.files.put(
          '/base/out/in.json',
          `${around}${JSON.stringify(elements, undefined, indent)}${behind}`,
        );
        const back = await read(test, { format: 'json' }, reading);
        expect(back.map((value) => JSON.stringify(value))).toEqual(
          elements.map((value) => JSON.stringify(value)),
        );
      },
    );
    await fc.assert(property, { numRuns: 120, seed: 26 });
  });
});
