import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadLetterParcelFile } from '../../src/cli/dead-letter-parcels.ts';
import type { DeadLetterParcel } from '../../src/task/dead-letter-box.ts';
import { MemoryFiles } from '../connectors/support/memory-files.ts';

const path = '/dead/job.ndjson';

const parcel = (id: string, ...records: readonly unknown[]): DeadLetterParcel => ({
  id,
  letters: records.map((record) => ({ transform: 't', reason: 'r', where: '', record, timestampMs: null })),
});

const linesOf = (files: MemoryFiles): { readonly from?: string; readonly record: unknown }[] =>
  files
    .readText(path)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { readonly from: string; readonly record: unknown });

const recordsOf = (files: MemoryFiles): unknown[] => linesOf(files).map(({ record }) => record);

describe('the file of dead letters under checkpoints', () => {
  it('has each letter once, however often its checkpoint is committed, by this process or the next', () => {
    const files = new MemoryFiles();
    const first = new DeadLetterParcelFile(files, path);
    first.commit([parcel('1-0-0-1', 'a', 'b'), parcel('1-0-1-1', 'c')]);
    first.commit([parcel('1-0-0-1', 'a', 'b'), parcel('1-0-0-2', 'd')]);
    first.close();
    const second = new DeadLetterParcelFile(files, path);
    second.commit([parcel('1-0-1-1', 'c'), parcel('1-0-0-2', 'd'), parcel('2-0-0-3', 'e')]);
    second.close();
    expect(recordsOf(files)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(linesOf(files).at(-1)).toMatchObject({ from: '2-0-0-3', reason: 'r' });
    expect(files.openCount).toBe(0);
  });

  it('goes on behind letters of a job without checkpoints, and is not made for none', () => {
    const files = new MemoryFiles();
    new DeadLetterParcelFile(files, '/dead/none.ndjson').commit([]);
    files.put(path, '{"transform":"t","record":0}\n');
    new DeadLetterParcelFile(files, path).commit([parcel('1-0-0-1', 'a')]);
    expect(recordsOf(files)).toEqual([0, 'a']);
  });

  it('is whole again wherever a crash has cut it off, and complete when the checkpoint is committed again', () => {
    const parcels = [parcel('1-0-0-1', 'é', { text: 'two\nlines' }), parcel('1-0-1-1', 3)];
    const files = new MemoryFiles();
    new DeadLetterParcelFile(files, path).commit(parcels);
    const whole = new TextEncoder().encode(files.readText(path));
    for (let cut = 0; cut <= whole.length; cut++) {
      const disk = new MemoryFiles();
      disk.put(path, whole.slice(0, cut));
      const file = new DeadLetterParcelFile(disk, path);
      file.commit(parcels);
      file.close();
      expect(disk.readText(path), `cut at ${cut}`).toBe(files.readText(path));
      expect(disk.paths()).toEqual([path]);
    }
  });

  it('is looked at anew after a failure, so that what is missing comes when it is committed again', () => {
    const files = new MemoryFiles();
    const file = new DeadLetterParcelFile(files, path);
    file.commit([parcel('1-0-0-1', 'a')]);
    files.capacityBytes = files.readText(path).length + 10;
    expect(() => file.commit([parcel('1-0-0-2', 'b')])).toThrow('ENOSPC');
    files.capacityBytes = Number.POSITIVE_INFINITY;
    files.failAll('sync', 'EIO');
    expect(() => file.commit([parcel('1-0-0-2', 'b')])).toThrow('EIO');
    files.failAll('sync', undefined);
    file.commit([parcel('1-0-0-2', 'b')]);
    expect(recordsOf(files)).toEqual(['a', 'b']);
  });

  it('has all of any parcels, read in pieces of any size', () => {
    const property = fc.property(
      fc.array(fc.array(fc.string({ maxLength: 400 }), { maxLength: 5 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 700 }),
      (contents, readBytes) => {
        const files = new MemoryFiles();
        files.readBytes = readBytes;
        const parcels = contents.map((records, i) => parcel(`1-0-0-${i}`, ...records));
        for (let upTo = 1; upTo <= parcels.length; upTo++) {
          const file = new DeadLetterParcelFile(files, path);
          file.commit(parcels.slice(0, upTo));
          file.close();
        }
        expect(parcels.length === 0 ? [] : recordsOf(files)).toEqual(contents.flat());
      },
    );
    fc.assert(property, { numRuns: 60 });
  });
});
