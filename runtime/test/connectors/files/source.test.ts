import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type FilesOptions, files } from '../../../src/connectors/files/index.ts';
import { SourceRun, type SourceRunSettings } from '../support/source-run.ts';
import { TestSystem } from '../support/test-system.ts';

const ndjson = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const numbered = (count: number): { i: number }[] => Array.from({ length: count }, (_, i) => ({ i }));

const start = async (
  test: TestSystem,
  options: Partial<FilesOptions<Record<string, unknown>>>,
  settings: SourceRunSettings<never, never> = {},
) => new SourceRun(files({ path: 'in/*', format: 'ndjson', ...options }), test, settings as object).open();

const readAll = async (
  test: TestSystem,
  options: Partial<FilesOptions<Record<string, unknown>>>,
  settings = {},
) => {
  const run = await start(test, options, settings);
  await run.runToEnd();
  await run.close();
  return run;
};

describe('the files source', () => {
  it('reads the files of several globs and paths in the order of their names, each once', async () => {
    const test = new TestSystem();
    for (const name of ['b/2.ndjson', 'a/1.ndjson', 'b/1.ndjson', 'b/1.txt'])
      test.files.put(`/base/${name}`, ndjson([{ name }]));
    const run = await readAll(test, { path: ['**/*.ndjson', 'b/1.*', '/base/a/1.ndjson'] });
    expect(run.values().map(({ name }) => name)).toEqual([
      'a/1.ndjson',
      'b/1.ndjson',
      'b/1.txt',
      'b/2.ndjson',
    ]);
  });

  it('goes by the first bytes of a file, not by its name, when it looks for compression', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/1', gzipSync(ndjson([{ from: 'gzip' }])));
    test.files.put('/base/in/2.gz', ndjson([{ from: 'plain' }]));
    test.files.put('/base/in/3', zstdCompressSync(ndjson([{ from: 'zstd' }])));
    const run = await readAll(test, {});
    expect(run.values().map(({ from }) => from)).toEqual(['gzip', 'plain', 'zstd']);
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('reads %s files of several members', async (_, compress) => {
    const test = new TestSystem();
    test.files.put(
      '/base/in/1',
      Buffer.concat([compress('{"a":1}\n{"a"'), compress(':2}\n'), compress('{"a":3}')]),
    );
    expect((await readAll(test, {})).values()).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });

  it('says which file is damaged or cut off when it cannot be decompressed', async () => {
    const content = ndjson(numbered(20_000));
    for (const whole of [gzipSync(content), zstdCompressSync(content)]) {
      const format = whole[0] === 0x1f ? 'gzip' : 'zstd';
      const damaged = Buffer.from(whole);
      damaged.fill(0x55, whole.length >> 1, (whole.length >> 1) + 100);
      for (const bytes of [whole.subarray(0, whole.length - 20), damaged]) {
        const test = new TestSystem();
        test.files.put('/base/in/x', bytes);
        const run = await start(test, { compression: format });
        await expect(run.runToEnd()).rejects.toThrowError(
          expect.objectContaining({
            code: 'record-invalid',
            message: expect.stringContaining(`/base/in/x is not whole ${format} data: `),
          }),
        );
        await run.close();
        expect(test.files.openCount).toBe(0);
      }
    }
  });

  it('lets several subtasks share one file', async () => {
    const test = new TestSystem();
    test.files.readBytes = 1000;
    test.files.put('/base/in/x', ndjson(numbered(1000)));
    const run = await readAll(test, { splitBytes: 1024 }, { parallelism: 2 });
    const subtasks = new Set(run.records.map(({ subtask }) => subtask));
    expect(subtasks).toEqual(new Set([0, 1]));
    expect(
      run
        .values()
        .map(({ i }) => i as number)
        .sort((a, b) => a - b),
    ).toEqual(numbered(1000).map(({ i }) => i));
  });

  it('does not cut a CSV file in which a value may hold a line feed', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/x', `a,b\n${'1,"two\nlines"\n'.repeat(500)}`);
    const run = await readAll(test, { format: 'csv', splitBytes: 1024 }, { parallelism: 2 });
    expect(run.values().length).toBe(500);
    expect(new Set(run.records.map(({ splitId }) => splitId)).size).toBe(1);
  });

  it('reads only the declared fields, of every format', async () => {
    const rows = [{ a: 1, b: 'x', c: null }, { b: 'y' }];
    const test = new TestSystem();
    test.files.put('/base/in/x.ndjson', ndjson(rows));
    test.files.put('/base/in/x.json', JSON.stringify(rows));
    test.files.put('/base/in/x.csv', 'a,b,c\n1,x,\n,y,\n');
    const fields = ['a', 'c'];
    expect((await readAll(test, { path: 'in/*.ndjson', fields })).values()).toEqual([{ a: 1, c: null }, {}]);
    expect((await readAll(test, { path: 'in/*.json', format: 'json', fields })).values()).toEqual([
      { a: 1, c: null },
      {},
    ]);
    expect((await readAll(test, { path: 'in/*.csv', format: 'csv', fields })).values()).toEqual([
      { a: '1', c: '' },
      { a: '', c: '' },
    ]);
  });

  it('lets the planner leave out fields that nobody uses, never one that the author left out', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/x', ndjson([{ a: 1, b: 2, c: 3 }]));
    const all = files({ path: 'in/x', format: 'ndjson' });
    expect(all.fields).toBeUndefined();
    const narrowed = files({ path: 'in/x', format: 'ndjson', fields: ['a', 'b'] }).withFields?.(['b', 'c']);
    expect(narrowed?.fields).toEqual(['b']);
    for (const [source, expected] of [
      [all.withFields?.(['c']), { c: 3 }],
      [narrowed, { b: 2 }],
      [all.withFields?.([]), {}],
    ] as const) {
      const run = await new SourceRun(source as NonNullable<typeof source>, test).open();
      await run.runToEnd();
      expect(run.values()).toEqual([expected]);
      await run.close();
    }
  });

  it('reads whole records where a schema or the format needs them', () => {
    expect(files({ path: 'x', format: 'json' }).withFields).toBeUndefined();
    expect(files({ path: 'x', format: 'ndjson', schema: z.object({}) }).withFields).toBeUndefined();
  });

  it('gives what the schema makes of records and the rest to the dead letters with the reason', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/x', ndjson([{ n: 1 }, { n: 'one' }, { n: 3, more: true }]));
    const schema = z.object({ n: z.number(), kind: z.string().default('none') });
    const run = await readAll(test, { schema }, { deadLetters: 'keep' });
    expect(run.values()).toEqual([
      { n: 1, kind: 'none' },
      { n: 3, kind: 'none' },
    ]);
    expect(run.deadLetters).toEqual([
      {
        record: { n: 'one' },
        reason: 'field n: Invalid input: expected number, received string',
        where: expect.stringMatching(/^\/base\/in\/x, before byte \d+$/),
      },
    ]);
  });

  it('gives invalid records to the dead letters as they stand in the file, with line or byte', async () => {
    const test = new TestSystem();
    const good = ndjson(numbered(200));
    test.files.put(
      '/base/in/x',
      Buffer.concat([Buffer.from(`{"i":0}\n{bad\n${good}`), Buffer.from([0xff, 0x0a]), Buffer.from(good)]),
    );
    const run = await readAll(test, { splitBytes: 1024 }, { deadLetters: 'keep' });
    expect(run.values().length).toBe(401);
    expect(run.deadLetters).toEqual([
      { record: '{bad', reason: expect.stringMatching(/^it is not valid JSON/), where: '/base/in/x:2' },
      {
        record: new Uint8Array([0xff]),
        reason: 'it is not valid UTF-8',
        where: `/base/in/x, byte ${13 + good.length}`,
      },
    ]);
  });

  it('stops at the first invalid record when the policy says so', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/x', '{"i":0}\n{bad\n');
    const run = await start(test, {});
    await expect(run.runToEnd()).rejects.toThrow('/base/in/x:2: it is not valid JSON');
    await run.close();
  });

  it('counts bytes read and bytes in all', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/1', ndjson(numbered(100)));
    test.files.put('/base/in/2', ndjson(numbered(50)));
    const run = await readAll(test, {});
    const total =
      (test.files.stat('/base/in/1')?.sizeBytes ?? 0) + (test.files.stat('/base/in/2')?.sizeBytes ?? 0);
    const { counters, gauges } = run.metrics[0]!.snapshot();
    expect(counters['bytesRead']).toBe(total);
    expect(gauges['bytesTotal']).toEqual({ value: total, merge: 'maximum', weight: 1 });
  });

  it('takes the names of columns from the options when there is no header line', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/x', '1,2\n3,4\n');
    const run = await readAll(test, { format: 'csv', header: ['a', 'b'], types: { b: 'number' } });
    expect(run.values()).toEqual([
      { a: '1', b: 2 },
      { a: '3', b: 4 },
    ]);
  });
});

describe('what goes wrong with files', () => {
  const failure = async (
    test: TestSystem,
    options: Partial<FilesOptions<Record<string, unknown>>>,
  ): Promise<{ code: string; message: string; hint: string }> => {
    try {
      await readAll(test, options);
    } catch (error) {
      return error as { code: string; message: string; hint: string };
    }
    throw new Error('Nothing went wrong.');
  };

  it('names pattern and directory when a glob matches nothing', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/data.csv', '');
    expect(await failure(test, { path: 'in/*.ndjson' })).toMatchObject({
      code: 'io',
      message: 'No file matches in/*.ndjson in the directory /base/in.',
      hint: expect.stringContaining('Check the pattern'),
    });
  });

  it('says so when already the directory of a glob does not exist', async () => {
    expect(await failure(new TestSystem(), { path: 'input/*.ndjson' })).toMatchObject({
      message: 'No file matches input/*.ndjson: the directory /base/input does not exist.',
    });
  });

  it('says so when a file does not exist, or is a directory', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/x', '');
    expect((await failure(test, { path: 'in/y' })).message).toBe('The file /base/in/y does not exist.');
    expect(await failure(test, { path: 'in' })).toMatchObject({
      message: '/base/in is a directory, not a file.',
      hint: 'Use a glob, for example in/*.ndjson.',
    });
  });

  it('notices a file that may not be read before anything is read', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/1', ndjson(numbered(10)));
    test.files.put('/base/in/2', ndjson(numbered(10)));
    test.files.fail('open', '/base/in/2', 'EACCES');
    await expect(start(test, {})).rejects.toMatchObject({
      code: 'io',
      message: 'Cannot read /base/in/2: permission denied.',
      hint: 'Give the user that runs the job access to it.',
    });
  });

  it('says so when a disk fails in the middle', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/x', ndjson(numbered(10)));
    const run = await start(test, {});
    run.poll(0);
    test.files.fail('read', '/base/in/x', 'EIO');
    await expect(run.runToEnd()).rejects.toThrow('Cannot read /base/in/x: the disk reported an error.');
    await run.close();
    expect(test.files.openCount).toBe(0);
  });

  it('does not end early when a file became shorter since it was found', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/x', ndjson(numbered(100)));
    const run = await start(test, {});
    test.files.truncate('/base/in/x', ndjson(numbered(10)));
    await expect(run.runToEnd()).rejects.toThrow(/has 80 bytes, but had at least 890 when the job found it/);
    await run.close();
    expect(test.files.openCount).toBe(0);
  });

  it('names the columns there are when the header lacks one', async () => {
    const test = new TestSystem();
    test.files.put('/base/in/x', 'a,b\n1,2\n');
    expect(await failure(test, { format: 'csv', fields: ['price'] })).toMatchObject({
      message: '/base/in/x has no column "price".',
      hint: expect.stringContaining('Its columns are: a, b.'),
    });
  });

  it.each([
    [{ path: '' }, /path/],
    [{ path: [] }, /path/],
    [{ format: 'xml' }, /format/],
    [{ types: { a: 'number' } }, /types: is for the format csv only/],
    [{ format: 'csv', types: { a: 'date' } }, /types\.a/],
    [{ format: 'csv', delimiter: ',,' }, /delimiter: expected one ASCII character/],
    [{ format: 'json', follow: true }, /follow: a JSON array ends and cannot be followed/],
    [{ follow: true, compression: 'gzip' }, /follow: compressed files cannot be followed/],
    [{ fields: ['a', 'a'] }, /fields: a name stands there twice/],
    [{ schema: {} }, /schema: expected a zod schema/],
    [{ splitBytes: 5 }, /splitBytes/],
    [{ feilds: ['a'] }, /feilds/],
  ])('refuses the options %j', (options, message) => {
    const all = { path: 'x', format: 'ndjson', ...options } as FilesOptions<unknown>;
    expect(() => files(all)).toThrowError(
      expect.objectContaining({ code: 'job-invalid', message: expect.stringMatching(message) }),
    );
  });
});
