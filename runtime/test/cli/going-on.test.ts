import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { call, folderWith } from './call-command.ts';
import {
  countingJob,
  expectRefused,
  lastTotal,
  runAWhile,
  storedFolder,
  storedManifest,
  uidIn,
} from './stored-folder.ts';

const copy = storedFolder();

interface Listed {
  readonly atMs: number;
  readonly number: number;
  readonly manifest: { readonly checkpointId: number; readonly objects: readonly { readonly key: string }[] };
}

/** The log of the job, as the command shows it. */
const logIn = async (folder: string): Promise<readonly { readonly kind: string }[]> => {
  const { out } = await call(folder, 'checkpoint', 'list', 'job.yaml', '--json');
  return JSON.parse(out) as readonly { readonly kind: string }[];
};

const checkpointsIn = async (folder: string): Promise<readonly Listed[]> =>
  (await logIn(folder)).filter(({ kind }) => kind === 'manifest') as unknown as readonly Listed[];

const firstTotal = (out: string): number => Number(/total (\d+);/.exec(out)?.[1]);

interface Two {
  readonly older: Listed;
  readonly newer: Listed;
  readonly olderTotal: number;
  readonly newerTotal: number;
}
let two: Two;

const copyOfTwo = storedFolder(async (folder) => {
  const older = (await checkpointsIn(folder)).at(-1) as Listed;
  const { out } = await runAWhile(folder);
  const newer = (await checkpointsIn(folder)).at(-1) as Listed;
  two = { older, newer, olderTotal: firstTotal(out) - 1, newerTotal: lastTotal(out) };
});

/** A folder with two checkpoints that were the last of a run each, and the totals that were printed before them. */
const withTwo = async (): Promise<Two & { readonly folder: string }> => ({
  folder: await copyOfTwo(),
  ...two,
});

describe('a job goes on from', () => {
  it('its latest checkpoint, which must be there when it is asked for', async () => {
    const { folder, newerTotal } = await withTwo();
    expect(firstTotal((await runAWhile(folder, {}, '--from', 'latest')).out)).toBe(newerTotal + 1);
    writeFileSync(
      join(folder, 'job.yaml'),
      readFileSync(join(folder, 'job.yaml'), 'utf8').replace('name: shop', 'name: other'),
    );
    const nothing = { message: /^error: The job \S+ has no checkpoint\./, advice: /never completed one/ };
    await expectRefused(folder, nothing, '--from', 'latest');
  });

  it('an older checkpoint, by its number', async () => {
    const { folder, older, olderTotal } = await withTwo();
    const { out, error } = await runAWhile(folder, {}, '--from', String(older.manifest.checkpointId));
    expect(error).toContain(`to ${older.manifest.checkpointId}: what sinks without transactions have shown`);
    expect(firstTotal(out)).toBe(olderTotal + 1);
    expect((await logIn(folder)).some(({ kind }) => kind === 'rolledBack')).toBe(true);
    expect(firstTotal((await runAWhile(folder)).out)).toBe(lastTotal(out) + 1);
  });

  it('the newest that was there at a time and is whole', async () => {
    const { folder, older, newer, olderTotal } = await withTwo();
    const before = new Date(newer.atMs - 1).toISOString();
    const tooEarly = new Date(older.atMs - 60_000).toISOString();
    const none = {
      message: /^error: The job \S+ has no checkpoint of \S+ or before/,
      advice: /^Kept are \d+:/,
    };
    await expectRefused(folder, none, '--from', tooEarly);
    const { out } = await runAWhile(folder, {}, '--from', before);
    expect(firstTotal(out)).toBe(olderTotal + 1);
  });

  it('one before that when it is damaged, and says so', async () => {
    const { folder, newer, olderTotal } = await withTwo();
    const key = newer.manifest.objects.at(-1)?.key as string;
    rmSync(join(folder, 'checkpoints/jobs', uidIn(folder), key));
    const id = newer.manifest.checkpointId;
    const { out, error } = await runAWhile(folder, {}, '--from', new Date(newer.atMs).toISOString());
    expect(error).toContain(`Checkpoint ${id} is passed over: ${key}`);
    expect(firstTotal(out)).toBe(olderTotal + 1);
  });

  it('none that is not kept, is damaged, or is no time', async () => {
    const { folder, older } = await withTwo();
    const gone = { message: /^error: The job \S+ has no checkpoint 999\./, advice: /^Kept are \d+: from/ };
    await expectRefused(folder, gone, '--from', '999');
    const key = older.manifest.objects.at(-1)?.key as string;
    writeFileSync(join(folder, 'checkpoints/jobs', uidIn(folder), key), 'not what it was');
    const damaged = {
      message: new RegExp(
        `Checkpoint ${older.manifest.checkpointId} cannot be restored: ${key} has 15 bytes`,
      ),
      advice: /from a copy, or choose another/,
    };
    await expectRefused(folder, damaged, '--from', String(older.manifest.checkpointId));
    const { code, error } = await call(folder, 'run', 'job.yaml', '--from', '2026-11-26');
    expect([code, error]).toEqual([2, expect.stringContaining('Write a time with its zone')]);
  });

  it('an older one only when someone accepts that what files show already comes again', async () => {
    const files =
      "totals.map((text) => ({ text })).sinkTo(fileSink({ directory: 'out', format: 'ndjson' })).name('out')";
    const folder = folderWith({
      'job.yaml': storedManifest,
      'job.ts': `import { fileSink } from 'millrace/connectors/files';${countingJob.replace('totals.sinkTo', `${files};\n  totals.sinkTo`)}`,
    });
    await runAWhile(folder);
    const id = String((await checkpointsIn(folder)).at(-1)?.manifest.checkpointId);
    await runAWhile(folder);
    const repeated = {
      message:
        /cannot go back to log entry \d+: output of checkpoints \d+ to \d+ is visible or may be, and would come/,
      advice: /repeats are accepted: --accept-repeats/,
    };
    await expectRefused(folder, repeated, '--from', id);
    expect(await runAWhile(folder, {}, '--from', id, '--accept-repeats')).toMatchObject({ code: 0 });
    const shown = readdirSync(join(folder, 'out'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) =>
        readFileSync(join(folder, 'out', name), 'utf8')
          .trimEnd()
          .split('\n'),
      )
      .map((line) => lastTotal(line));
    const highest = Math.max(...shown);
    expect([...new Set(shown)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: highest }, (_, i) => i + 1),
    );
    expect(shown.length).toBeGreaterThan(highest);
  }, 60_000);

  it('a copy of the state of another job, by its name', async () => {
    const { folder, olderTotal, newerTotal, older } = await withTwo();
    const manifest = readFileSync(join(folder, 'job.yaml'), 'utf8');
    writeFileSync(join(folder, 'job.yaml'), manifest.replace('name: shop', 'name: twin'));
    const words = ['--from-job', 'shop', '--from', String(older.manifest.checkpointId)];
    const twin = await runAWhile(folder, {}, ...words);
    expect(firstTotal(twin.out)).toBe(olderTotal + 1);
    const again = await runAWhile(folder, {}, ...words);
    expect(again.error).toMatch(/goes on from checkpoint \d+ of its own: --from is for a job that has none/);
    expect(firstTotal(again.out)).toBe(lastTotal(twin.out) + 1);
    writeFileSync(join(folder, 'job.yaml'), manifest);
    expect(firstTotal((await runAWhile(folder)).out)).toBe(newerTotal + 1);
  });
});

describe('a job whose code has changed', () => {
  const change = (folder: string, from: string, to: string): void => {
    expect(countingJob).toContain(from);
    writeFileSync(join(folder, 'job.ts'), countingJob.replaceAll(from, to));
  };

  it('goes on under new uids when they are named, from then on without', async () => {
    const folder = await copy();
    change(folder, ".uid('count')", ".uid('tally')");
    const removed = {
      message: /^error: The job cannot go on from checkpoint \d+:\nremoved +count: /,
      advice: /--allow-removed.*--rename OLD=NEW/,
    };
    await expectRefused(folder, removed);
    const first = await runAWhile(folder, {}, '--rename', 'count=tally');
    expect(first.out).not.toContain('total 1;');
    const second = await runAWhile(folder);
    expect(firstTotal(second.out)).toBe(lastTotal(first.out) + 1);
    expect(await call(folder, 'checkpoint', 'verify', 'job.yaml')).toMatchObject({ code: 0 });
  });

  it('goes on under the uids that its manifest names, sources too, as often as it is started', async () => {
    const folder = await copy();
    writeFileSync(
      join(folder, 'job.ts'),
      countingJob.replace(".uid('count')", ".uid('tally')").replace(".uid('numbers')", ".uid('digits')"),
    );
    const manifest = readFileSync(join(folder, 'job.yaml'), 'utf8');
    const renames = '  upgrade:\n    renames:\n      count: tally\n      numbers: digits\n';
    writeFileSync(join(folder, 'job.yaml'), `${manifest}${renames}`);
    const first = await runAWhile(folder);
    expect(first.out).not.toContain('total 1;');
    expect(firstTotal((await runAWhile(folder)).out)).toBe(lastTotal(first.out) + 1);
  });

  it('leaves state behind only when that is allowed', async () => {
    const folder = await copy();
    change(folder, "valueState('total'", "valueState('sum'");
    const removed = {
      message: /removed +count \/ total: the job has no such state/,
      advice: /--allow-removed/,
    };
    await expectRefused(folder, removed);
    expect(firstTotal((await runAWhile(folder, {}, '--allow-removed')).out)).toBe(1);
  });

  it('is refused what its state cannot become', async () => {
    const folder = await copy();
    writeFileSync(
      join(folder, 'job.ts'),
      countingJob
        .replace('valueState }', 'listState }')
        .replace("valueState('total', { type: 'number', default: 0 })", "listState('total')"),
    );
    const incompatible = {
      message: /incompatible +count \/ total: was value of number and is list now/,
      advice: /Give the new state another name/,
    };
    await expectRefused(folder, incompatible);
    await expectRefused(folder, incompatible, '--allow-removed');
  });

  it('is refused a uid that another transform had', async () => {
    const folder = await copy();
    change(folder, ".uid('count')", ".uid('numbers')");
    const { error } = await call(folder, 'run', 'job.yaml', '--rename', 'count=numbers');
    expect(error).toMatch(/two|unique|twice|both/i);
  });
});
