import { copyFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSavepointManifest } from '../../src/checkpoint/savepoint-folder.ts';
import { DirectoryStore } from '../../src/checkpoint/stores/directory-store.ts';
import { verifyCheckpoint } from '../../src/checkpoint/verify.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { type Called, call, folderWith } from '../cli/call-command.ts';

/**
 * Savepoints of every format as they were written by `millrace stop --savepoint` of `golden/job.mjs`, in folders that are never changed; beside
 * each what is exported of it, and what the job shows that begins with it.
 */
const golden = join(import.meta.dirname, 'golden');
const formats = readdirSync(golden).filter((name) => /^format-\d+$/.test(name));

const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n').sort();

/** A folder with the job, whose manifest has the name that the job had, and a copy of the savepoint in a store. */
const folderOf = (format: string): string => {
  const folder = folderWith();
  for (const name of ['job.mjs', 'job.yaml']) copyFileSync(join(golden, name), join(folder, name));
  cpSync(join(golden, format), join(folder, 'store/jobs/a/savepoints/golden'), { recursive: true });
  return folder;
};

const savepoint = 'store/jobs/a/savepoints/golden';

describe.each(formats)('a savepoint of %s is good for ever: it', (format) => {
  const done = (called: Called): string => {
    expect(called).toMatchObject({ code: 0 });
    return called.out;
  };

  it('opens, is listed, and is exported as it was', async () => {
    const folder = folderOf(format);
    expect(done(await call(folder, 'savepoint', 'list', '--store', 'store'))).toContain(savepoint.slice(6));
    expect(done(await call(folder, 'savepoint', 'inspect', savepoint))).toContain('total (value of number)');
    const exported = readFileSync(join(golden, `${format}.ndjson`), 'utf8');
    expect(done(await call(folder, 'savepoint', 'export', savepoint))).toBe(exported);
  });

  it('is whole in every object', async () => {
    const system = createNodeSystem();
    const store = new DirectoryStore(system, join(folderOf(format), savepoint));
    const manifest = await readSavepointManifest(system, store);
    expect(await verifyCheckpoint({ store, system }, manifest)).toEqual([]);
  });

  it('fits the job, with nothing added, removed or changed', async () => {
    const plan = done(await call(folderOf(format), 'plan', savepoint, 'job.yaml', '--json'));
    const { differences } = JSON.parse(plan) as { readonly differences: readonly { change: string }[] };
    expect(new Set(differences.map(({ change }) => change))).toEqual(new Set(['same']));
  });

  it.each(['1', '3'])('is where a job goes on exactly, in %s slots', async (slots) => {
    const folder = folderOf(format);
    const shown = done(await call(folder, 'run', 'job.yaml', '-p', slots, '--from', savepoint));
    const expected = linesOf(readFileSync(join(golden, `${format}.txt`), 'utf8'));
    expect(linesOf(shown.replaceAll(/^\d> /gm, ''))).toEqual(expected);
  });

  it('is disposed of by its folder', async () => {
    const folder = folderOf(format);
    writeFileSync(join(folder, savepoint, 'not-of-it'), '');
    expect(done(await call(folder, 'savepoint', 'dispose', savepoint))).toContain('is removed');
    expect(done(await call(folder, 'savepoint', 'list', '--store', 'store'))).toBe(
      'There are no savepoints.\n',
    );
    expect(readdirSync(join(folder, savepoint))).toContain('not-of-it');
  });
});
