import { describe, expect, it } from 'vitest';
import { createPartCommitter, publishPart } from '../../../src/connectors/files/commit.ts';
import { Part } from '../../../src/connectors/files/part.ts';
import { toSinkSettings } from '../../../src/connectors/files/sink-options.ts';
import { MemoryFiles } from '../support/memory-files.ts';
import { sinkContext } from '../support/sink-run.ts';
import { TestSystem } from '../support/test-system.ts';

const open = (files: MemoryFiles): Part => new Part(files, '/out/day', 'part-1.ndjson', 7);
const committerOf = (files: MemoryFiles) => {
  const context = sinkContext(new TestSystem());
  const settings = toSinkSettings({ directory: '/out', format: 'ndjson' });
  return createPartCommitter(settings, { ...context, system: { ...context.system, files } });
};
const hiddenPath = '/out/day/.part-1.ndjson.inprogress';

describe('a part', () => {
  it('is hidden in its directory, which it makes', () => {
    const files = new MemoryFiles();
    const part = open(files);
    part.addRecord('{"a":1}\n');
    expect(files.paths()).toEqual([hiddenPath]);
    part.discard();
    expect(files.paths()).toEqual([]);
    expect(files.openCount).toBe(0);
  });

  it('counts records, and bytes as UTF-8', () => {
    const part = open(new MemoryFiles());
    part.append('header\n');
    part.addRecord('é\n');
    part.addRecord('😀\n');
    expect([part.records, part.sizeBytes, part.openedMs]).toEqual([2, 15, 7]);
    expect(part.seal().sizeBytes).toBe(15);
  });

  it('has everything in it when it is sealed, however large', async () => {
    for (const seal of [(part: Part) => part.seal(), (part: Part) => part.sealSoon()]) {
      const files = new MemoryFiles();
      const part = open(files);
      let text = '';
      for (let i = 0; i < 50_000; i++) {
        part.addRecord(`line é ${i}\n`);
        text += `line é ${i}\n`;
      }
      const sealed = await seal(part);
      expect(sealed).toEqual({
        from: hiddenPath,
        to: '/out/day/part-1.ndjson',
        sizeBytes: Buffer.byteLength(text),
      });
      expect(files.readText(hiddenPath)).toBe(text);
      expect(files.openCount).toBe(0);
    }
  });

  it('is removed when it cannot be sealed', async () => {
    for (const seal of [(part: Part) => part.seal(), (part: Part) => part.sealSoon()]) {
      for (const operation of ['write', 'sync'] as const) {
        const files = new MemoryFiles();
        const part = open(files);
        part.addRecord('x\n');
        files.fail(operation, hiddenPath, 'ENOSPC');
        await expect((async () => seal(part))()).rejects.toThrow(
          `Cannot write ${hiddenPath}: the disk is full.`,
        );
        expect(files.paths()).toEqual([]);
        expect(files.openCount).toBe(0);
      }
    }
  });
});

describe('publishing a part', () => {
  const sealedPart = (files: MemoryFiles) => {
    const part = open(files);
    part.addRecord('x\n');
    return part.seal();
  };

  it('gives it its name, once', () => {
    const files = new MemoryFiles();
    const sealed = sealedPart(files);
    publishPart(files, sealed);
    publishPart(files, sealed);
    expect(files.paths()).toEqual([sealed.to]);
  });

  it('goes on where a directory cannot be opened to make the name durable', () => {
    const files = new MemoryFiles();
    files.fail('open', '/out/day', 'EISDIR');
    publishPart(files, sealedPart(files));
    expect(files.paths()).toEqual(['/out/day/part-1.ndjson']);
  });

  it('says in a sentence why the name could not be given', () => {
    const files = new MemoryFiles();
    const sealed = sealedPart(files);
    files.fail('rename', sealed.from, 'EACCES');
    expect(() => publishPart(files, sealed)).toThrow(`Cannot rename ${sealed.from}: permission denied.`);
    expect(files.paths()).toEqual([sealed.from]);
  });

  it('refuses a part of another length, hidden or visible', async () => {
    const files = new MemoryFiles();
    const sealed = sealedPart(files);
    const committer = committerOf(files);
    await expect(committer.commit({ ...sealed, sizeBytes: 3 })).rejects.toThrow('has 2 bytes instead of 3');
    await committer.commit(sealed);
    await expect(committer.commit({ ...sealed, sizeBytes: 3 })).rejects.toThrow(
      'a file of 2 bytes is in its place',
    );
  });

  it('can be given up, before and after', async () => {
    const files = new MemoryFiles();
    const sealed = sealedPart(files);
    const committer = committerOf(files);
    await committer.abort(sealed);
    await expect(committer.commit(sealed)).rejects.toMatchObject({
      code: 'output-lost',
      hint: expect.stringContaining('Do not touch hidden files'),
    });
    await committer.abort(sealed);
  });
});
