import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mountSmallDisk, noSmallDisk } from '../../../e2e/harness/small-disk.ts';
import { folderWith, start } from './call-command.ts';
import { countingJob, expectRefused, lastTotal, manifestWith, runAWhile } from './stored-folder.ts';

const obstacle = noSmallDisk();

describe.skipIf(obstacle !== undefined)(`a disk that is full (${obstacle ?? 'one of 4 MiB'})`, () => {
  it('ends a job that may not lose a checkpoint; it goes on from what it had when there is room again', async () => {
    const manifest = manifestWith('directory: disk', '  restart:\n    strategy: None\n');
    const folder = folderWith({
      'job.ts': countingJob,
      'job.yaml': manifest.replace('interval: 100ms', 'interval: 100ms\n    tolerableFailures: 0'),
    });
    const disk = mountSmallDisk(join(folder, 'disk'), 4);
    onTestFinished(() => disk.remove());
    const first = await runAWhile(folder);
    expect(first.code).toBe(0);
    const running = start(folder, 'run', 'job.yaml');
    await running.seen('total ');
    disk.fill();
    const { code, error } = await running.ended;
    expect(code).toBe(1);
    expect(error).toMatch(/error: .*The store could not write \S+: the disk is full\./);
    expect(error).toMatch(/what now +Make room on it/);
    const full = { message: /could not write probe\/\S+: the disk is full/, advice: /Make room on it/ };
    await expectRefused(folder, full);
    disk.makeRoom();
    writeFileSync(join(folder, 'job.yaml'), manifest);
    const { out } = await runAWhile(folder);
    expect(out).not.toContain('total 1;');
    expect(lastTotal(out)).toBeGreaterThan(lastTotal(first.out));
  });
});
