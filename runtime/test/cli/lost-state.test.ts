import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefused, lastTotal, runAWhile, storedFolder, uidIn } from './stored-folder.ts';

const copy = storedFolder();

describe('a job that has lost a part of its store', () => {
  it('does not begin with nothing when all of it is gone but its name', async () => {
    const folder = await copy();
    const jobs = join(folder, 'checkpoints/jobs');
    const uid = uidIn(folder);
    renameSync(join(jobs, uid), join(folder, 'elsewhere'));
    const lost = {
      code: 2,
      message: new RegExp(`^error: The job “shop” has run before, and nothing is left .* jobs/${uid}/`),
      advice: /from a copy, .*--from SAVEPOINT.*--anew/,
    };
    await expectRefused(folder, lost);
    renameSync(join(folder, 'elsewhere'), join(jobs, uid));
    const { out } = await runAWhile(folder);
    expect(out).not.toContain('total 1;');
  });

  it('begins with nothing when that is asked for, and goes on from there', async () => {
    const folder = await copy();
    rmSync(join(folder, 'checkpoints/jobs', uidIn(folder)), { recursive: true });
    const first = await runAWhile(folder, {}, '--anew');
    expect(first.out).toContain('total 1;');
    const second = await runAWhile(folder);
    expect(second.out).toContain(`total ${lastTotal(first.out) + 1};`);
  });

  it('does not begin with nothing when the names of jobs are gone, and goes on under its uid', async () => {
    const folder = await copy();
    const uid = uidIn(folder);
    rmSync(join(folder, 'checkpoints/names'), { recursive: true });
    const lost = {
      code: 2,
      message: new RegExp(`^error: There is a job “shop” with state in jobs/${uid}/, and all names of jobs`),
      advice: new RegExp(`from a copy, .*--job-uid ${uid}.*--anew`),
    };
    await expectRefused(folder, lost);
    expect(existsSync(join(folder, 'checkpoints/names'))).toBe(false);
    const { out } = await runAWhile(folder, {}, '--job-uid', uid);
    expect(lastTotal(out)).toBeGreaterThan(0);
    expect(out).not.toContain('total 1;');
  });

  it('leaves a job that it has in peace when it is to begin with nothing', async () => {
    const folder = await copy();
    const uid = uidIn(folder);
    expect((await runAWhile(folder, {}, '--anew')).out).toContain('total 1;');
    expect((await runAWhile(folder, {}, '--job-uid', uid)).out).not.toContain('total 1;');
    const refused = await expectRefused(
      folder,
      { code: 2, message: new RegExp(`The job ${uid} cannot begin anew`), advice: /another --job-uid/ },
      '--job-uid',
      uid,
      '--anew',
    );
    expect(refused.error.match(/^error: /gm)).toHaveLength(1);
  });
});
