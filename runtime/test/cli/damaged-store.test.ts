import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { call, start } from './call-command.ts';
import {
  expectRefused,
  lastTotal,
  latestIn,
  type Refusal,
  runAWhile,
  storedFolder,
  storedManifest,
  uidIn,
} from './stored-folder.ts';

const copy = storedFolder();
const otherCheckpoint = /another checkpoint, `millrace run --from NUMBER`/;

const change = (path: string, edit: (bytes: Buffer) => Buffer): void => {
  writeFileSync(path, edit(readFileSync(path)));
};

describe('a job does not go on, nor begin with nothing, when', () => {
  it.each<[string, (object: string) => void, Refusal]>([
    [
      'a state object is damaged',
      (object) => change(object, (bytes) => bytes.fill(7, 8, 12)),
      { code: 1, message: /The state object state\/\S+ is damaged: block 0 has/, advice: otherCheckpoint },
    ],
    [
      'the index of a state object is damaged',
      (object) => change(object, (bytes) => bytes.fill(7, bytes.length - 30, bytes.length - 20)),
      { code: 1, message: /The state object state\/\S+ is damaged: the index/, advice: otherCheckpoint },
    ],
    [
      'a state object is cut off',
      (object) => truncateSync(object, 20),
      { code: 1, message: /The object \S+ ends before its byte \d+/, advice: otherCheckpoint },
    ],
    [
      'a state object is missing',
      (object) => rmSync(object),
      { code: 1, message: /The state object state\/\S+ is missing/, advice: /Bring it back .*verify/ },
    ],
    [
      'a state object is of a newer version',
      (object) =>
        change(object, (bytes) => {
          bytes[bytes.length - 8] = 9;
          return bytes;
        }),
      {
        code: 1,
        message: /format version 9; this Millrace reads up to \d/,
        advice: /version of Millrace that/,
      },
    ],
  ])('%s', async (_, damage, refusal) => {
    const folder = await copy();
    const object = latestIn(folder).objects.at(-1) as string;
    const before = readFileSync(object);
    damage(object);
    await expectRefused(folder, refusal);
    writeFileSync(object, before);
    const { out } = await runAWhile(folder);
    expect(lastTotal(out)).toBeGreaterThan(0);
    expect(out).not.toContain('total 1;');
  });

  it.each<[string, (entry: string) => void, Refusal]>([
    [
      'a manifest is of a newer version',
      (entry) =>
        change(entry, (bytes) => Buffer.from(bytes.toString().replace('millrace-log 1', 'millrace-log 2'))),
      {
        message: /^error: The log entry \S+ is of format 2, and this Millrace reads/,
        advice: /or a newer one/,
      },
    ],
    [
      'a manifest is damaged',
      (entry) => change(entry, (bytes) => Buffer.from(bytes.toString().replace('"slots":1', '"slots":2'))),
      { message: /^error: The log entry \S+ is damaged or cut off/, advice: /Bring the object back/ },
    ],
    [
      'a manifest is missing',
      (entry) => rmSync(entry),
      {
        message: /^error: The log entry \S+ is missing, and entry \d+ needs it/,
        advice: /Bring the object back/,
      },
    ],
    [
      'its name is damaged',
      (entry) => writeFileSync(join(entry.slice(0, entry.indexOf('/jobs/')), 'names/local/shop/1'), 'x'),
      { message: /^error: The name of a job names\/local\/shop\/1 is none/, advice: /Bring the object back/ },
    ],
  ])('%s', async (_, damage, refusal) => {
    const folder = await copy();
    damage(latestIn(folder).entry);
    await expectRefused(folder, refusal);
  });

  it('the manifest asks for another number of key groups', async () => {
    const folder = await copy();
    writeFileSync(join(folder, 'job.yaml'), `${storedManifest}  maxParallelism: 256\n`);
    await expectRefused(folder, {
      message:
        /^error: The state of the job “shop” is split into 128 key groups, and spec.maxParallelism is 256/,
      advice: /^Set spec.maxParallelism to 128 or leave it out/,
    });
  });

  it('the log is that of another job', async () => {
    const folder = await copy();
    const { entry } = latestIn(folder);
    const text = readFileSync(entry, 'utf8').replaceAll(uidIn(folder), 'another');
    const rest = text.slice(text.indexOf('\n') + 1);
    writeFileSync(entry, `millrace-log 1 ${crc32(rest).toString(16).padStart(8, '0')}\n${rest}`);
    await expectRefused(folder, {
      message: /^error: The log entry \S+ is of another job, another\./,
      advice: /prefix of its own/,
    });
  });
});

const savepointOf = (uid: string): string =>
  `${JSON.stringify({
    millrace: 'state',
    format: 1,
    jobName: 'bank',
    maxParallelism: 128,
    transforms: [{ uid, kind: 'keyedProcess', states: [{ name: 'total', kind: 'value', type: 'number' }] }],
  })}\n${JSON.stringify({ uid, key: 'a', state: { total: 41 } })}\n`;

describe('a savepoint', () => {
  it('of a job with other state is refused before anything is copied', async () => {
    const folder = await copy();
    writeFileSync(join(folder, 'job.yaml'), storedManifest.replace('name: shop', 'name: fresh'));
    writeFileSync(join(folder, 'state.ndjson'), savepointOf('balance'));
    expect(await call(folder, 'savepoint', 'import', 'state.ndjson', 'before')).toMatchObject({ code: 0 });
    await expectRefused(
      folder,
      { code: 1, message: /cannot go on from \S+before\S*:\nremoved +balance/, advice: /--allow-removed/ },
      '--from',
      'before',
    );
  });

  it('that has lost an object ends the job by its name, and is not tried again and again', async () => {
    const folder = await copy();
    writeFileSync(join(folder, 'job.yaml'), storedManifest.replace('name: shop', 'name: fresh'));
    writeFileSync(join(folder, 'state.ndjson'), savepointOf('count'));
    expect(await call(folder, 'savepoint', 'import', 'state.ndjson', 'before')).toMatchObject({ code: 0 });
    const manifest = readFileSync(join(folder, 'before/manifest'), 'utf8');
    const key = /"key":"([^"]+)"/.exec(manifest)?.[1] as string;
    rmSync(join(folder, 'before', key));
    await expectRefused(
      folder,
      { code: 1, message: /The object \S+ in \S+before\S* is missing/, advice: /another savepoint/ },
      '--from',
      'before',
    );
  });
});

describe('two processes that run one job by mistake', () => {
  it('do not both: the first one stops, by the name of the other, and nothing is lost', async () => {
    const folder = await copy();
    const first = start(folder, 'run', 'job.yaml');
    await first.seen('total ');
    const second = start(folder, 'run', 'job.yaml');
    await second.seen('total ');
    const { code, error, out } = await first.ended;
    expect(code).toBe(1);
    expect(error).toMatch(/error: Another process leads the job \S+ by now, \S+ in term \d+/);
    expect(error).toMatch(/what now +Run a job in one place at a time/);
    second.signal('SIGINT');
    const ended = await second.ended;
    expect(ended.code).toBe(0);
    expect(out + ended.out).not.toContain('total 1;');
    expect((await runAWhile(folder)).out).toContain(`total ${lastTotal(ended.out) + 1};`);
  });
});

describe('clocks', () => {
  it('that differ by an hour between two runs change nothing', async () => {
    const folder = await copy();
    for (const hours of [-1, 2]) {
      writeFileSync(
        join(folder, 'skew.mjs'),
        `const now = Date.now; Date.now = () => now() + ${hours} * 3_600_000;`,
      );
      const environment = { NODE_OPTIONS: `--import ./skew.mjs` };
      const { code, out } = await runAWhile(folder, environment);
      expect(code).toBe(0);
      expect(out).not.toContain('total 1;');
      expect((await runAWhile(folder)).out).toContain(`total ${lastTotal(out) + 1};`);
    }
  });
});
