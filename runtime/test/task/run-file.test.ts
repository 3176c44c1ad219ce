import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MergedRuns } from '../../src/task/merged-runs.ts';
import { RunFile } from '../../src/task/run-file.ts';
import { MemoryFiles } from '../connectors/support/memory-files.ts';
import { arbitraryItems, drain, inModelOrder, partsOf, sortedOf } from './sorting.ts';

const item = (id: number) => ({ id, key: 'k', timestampMs: id, port: 0 });

describe('sorted runs on disk', () => {
  it('are read as they were written, also where the disk gives little at a time', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryItems, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(1, 7, Infinity),
        (runs, size, readBytes) => {
          const files = new MemoryFiles();
          files.readBytes = readBytes;
          const file = new RunFile(files);
          for (const items of runs) {
            file.beginRun();
            for (const part of partsOf(sortedOf(items), size)) file.write(part);
          }
          expect(file.runCount).toBe(runs.length);
          runs.forEach((items, run) => {
            expect(drain(new MergedRuns([file.read(run)]))).toEqual(inModelOrder(items));
          });
          file.close();
          expect(files.openCount).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('can be read at the same time', () => {
    const file = new RunFile(new MemoryFiles());
    for (const ids of [
      [0, 2],
      [1, 3],
    ]) {
      file.beginRun();
      for (const id of ids) file.write(sortedOf([item(id)]));
    }
    expect(drain(new MergedRuns([file.read(0), file.read(1)])).map(({ id }) => id)).toEqual([0, 1, 2, 3]);
  });

  it('have no file until something is written, and none any more once closed', () => {
    const files = new MemoryFiles();
    const file = new RunFile(files);
    file.beginRun();
    expect(files.openCount).toBe(0);
    file.write(sortedOf([item(1)]));
    expect(files.openCount).toBe(1);
    expect(files.paths()).toEqual([]);
    file.close();
    file.close();
    expect(files.openCount).toBe(0);
  });

  it('say what to do when the disk is full', () => {
    const files = new MemoryFiles();
    files.capacityBytes = -1;
    const file = new RunFile(files);
    file.beginRun();
    expect(() => file.write(sortedOf([item(1)]))).toThrow(
      expect.objectContaining({
        code: 'io',
        message: expect.stringMatching(/could not be written to a temporary file: ENOSPC/),
        hint: expect.stringMatching(/TMPDIR/),
      }),
    );
    file.close();
    expect(files.openCount).toBe(0);
  });

  it('say so when no temporary file can be made, and when one cannot be read', () => {
    const files = new MemoryFiles();
    files.fail('open', '/temporary', 'EACCES');
    const file = new RunFile(files);
    file.beginRun();
    expect(() => file.write(sortedOf([item(1)]))).toThrow(/written to a temporary file: EACCES/);
    files.fail('open', '/temporary', undefined);
    file.write(sortedOf([item(1)]));
    files.fail('read', '/temporary', 'EIO');
    expect(() => file.read(0)()).toThrow(/read from a temporary file: EIO/);
  });

  it('notice when the file was cut short', () => {
    const files = new MemoryFiles();
    const file = new RunFile(files);
    file.beginRun();
    file.write(sortedOf([item(1)]));
    files.readBytes = 0;
    expect(() => file.read(0)()).toThrow(/the file ends too early/);
  });

  it('refuse records that no bytes can hold', () => {
    const file = new RunFile(new MemoryFiles());
    file.beginRun();
    const part = { ...sortedOf([item(1)]), rows: [() => undefined] };
    expect(() => file.write(part)).toThrow(expect.objectContaining({ code: 'value-unsupported' }));
  });
});
