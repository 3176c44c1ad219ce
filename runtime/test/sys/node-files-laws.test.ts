import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from '../../src/sys/node-files.ts';

fc.configureGlobal({ seed: 20_011 });

let directory: string;
const at = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, mode: 'append' | 'write', ...parts: readonly Uint8Array[]): void => {
  const file = nodeFiles.open(at(name), mode);
  for (const part of parts) file.write(part);
  file.close();
};

describe('a file on the real disk', () => {
  const session = fc.record({
    mode: fc.constantFrom('append', 'write'),
    parts: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
  });

  it('holds what was written, one session after the other, and can be read from any place', () => {
    fc.assert(
      fc.property(
        fc.array(session, { maxLength: 5 }),
        fc.array(fc.tuple(fc.nat(250), fc.nat(60))),
        (sessions, reads) => {
          rmSync(at('x'), { force: true });
          let model: number[] = [];
          for (const { mode, parts } of sessions) {
            write('x', mode, ...parts);
            if (mode === 'write') model = [];
            for (const part of parts) model.push(...part);
          }
          if (sessions.length === 0) return;
          const file = nodeFiles.open(at('x'), 'read');
          expect(file.status().sizeBytes).toBe(model.length);
          for (const [position, length] of reads) {
            const target = new Uint8Array(length + 2).fill(7);
            const count = file.read(target, 1, length, position);
            const expected = model.slice(position, position + length);
            expect(count).toBe(expected.length);
            expect([...target]).toEqual([7, ...expected, ...new Array<number>(length + 1 - count).fill(7)]);
          }
          file.close();
        },
      ),
      { numRuns: 50 },
    );
  });

  it('takes a view of larger memory for what the view shows', () => {
    write('x', 'write', Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
    expect([...readFileSync(at('x'))]).toEqual([2, 3]);
  });

  it('is seen by who reads it while another writes on', () => {
    const [writer, target] = [nodeFiles.open(at('log'), 'append'), new Uint8Array(9)];
    const reader = nodeFiles.open(at('log'), 'read');
    expect(reader.read(target, 0, 9, 0)).toBe(0);
    writer.write(Uint8Array.of(1, 2));
    expect(reader.read(target, 0, 9, 0)).toBe(2);
    writer.write(Uint8Array.of(3));
    expect(reader.read(target, 0, 9, 2)).toBe(1);
    expect(reader.status().sizeBytes).toBe(3);
    for (const file of [writer, reader]) file.close();
  });

  it('goes on for who has it open when its name is taken away or given to another', () => {
    writeFileSync(at('log'), 'old');
    const reader = nodeFiles.open(at('log'), 'read');
    const { identity } = reader.status();
    nodeFiles.remove(at('log'));
    writeFileSync(at('log'), 'new one');
    const target = new Uint8Array(9);
    expect(reader.read(target, 0, 9, 0)).toBe(3);
    expect(reader.status().identity).toBe(identity);
    reader.close();
  });

  it('is shortened under who reads it, who then finds its end', () => {
    writeFileSync(at('log'), 'a long line');
    const reader = nodeFiles.open(at('log'), 'read');
    writeFileSync(at('log'), 'a');
    const target = new Uint8Array(9);
    expect(reader.read(target, 0, 9, 5)).toBe(0);
    expect(reader.status().sizeBytes).toBe(1);
    reader.close();
  });

  it('cannot be used after it was closed', async () => {
    writeFileSync(at('x'), 'abc');
    const file = nodeFiles.open(at('x'), 'append');
    file.close();
    const isClosed = expect.objectContaining({ code: 'EBADF' });
    expect(() => file.write(Uint8Array.of(1))).toThrowError(isClosed);
    expect(() => file.sync()).toThrowError(isClosed);
    await expect(file.syncSoon()).rejects.toEqual(isClosed);
    expect(readFileSync(at('x'), 'utf8')).toBe('abc');
  });
});

describe('names on the real disk', () => {
  it('are taken over by a rename, whole and at once', () => {
    writeFileSync(at('a'), 'new');
    writeFileSync(at('b'), 'old');
    nodeFiles.rename(at('a'), at('b'));
    expect(nodeFiles.list(directory)).toEqual(['b']);
    expect(nodeFiles.readText(at('b'))).toBe('new');
    expect(() => nodeFiles.rename(at('a'), at('b'))).toThrowError(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });

  it('are listed in the order of their code units, whatever they are', () => {
    const names = ['B', 'a', 'ä', '10', '9', ' space', '[x]', '*', '日本', '.hidden', 'a b'];
    for (const name of names) writeFileSync(at(name), '');
    expect(nodeFiles.list(directory)).toEqual(names.toSorted());
  });

  it('of directories are made with all above them, and made again without harm', () => {
    nodeFiles.makeDirectory(at('a/b/c'));
    nodeFiles.makeDirectory(at('a/b/c'));
    expect(nodeFiles.stat(at('a/b'))?.directory).toBe(true);
    writeFileSync(at('file'), '');
    expect(() => nodeFiles.makeDirectory(at('file/inside'))).toThrowError(
      expect.objectContaining({ code: 'ENOTDIR' }),
    );
    expect(() => nodeFiles.remove(at('a'))).toThrow('directory');
  });

  it('with a file where a directory should be name nothing', () => {
    writeFileSync(at('file'), '');
    expect(() => nodeFiles.list(at('none'))).toThrowError(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => nodeFiles.list(at('file'))).toThrowError(expect.objectContaining({ code: 'ENOTDIR' }));
    expect(() => nodeFiles.readText(at('none'))).toThrowError(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('are found by patterns in which every other character stands for itself', () => {
    for (const name of ['a.txt', 'a b.txt', 'ä.txt', 'a.txt.gz', 'b.csv']) writeFileSync(at(name), '');
    expect(nodeFiles.glob('*.txt', directory)).toEqual([at('a b.txt'), at('a.txt'), at('ä.txt')].sort());
    expect(nodeFiles.glob('a?b.txt', directory)).toEqual([at('a b.txt')]);
    expect(nodeFiles.glob('a.txt', directory)).toEqual([at('a.txt')]);
    expect(nodeFiles.glob('a.{txt,txt.gz}', directory)).toEqual([at('a.txt'), at('a.txt.gz')]);
    expect(nodeFiles.glob('*.parquet', directory)).toEqual([]);
    expect(nodeFiles.glob('none/*.txt', directory)).toEqual([]);
  });
});
