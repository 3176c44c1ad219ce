import { describe, expect, it } from 'vitest';
import { SimulatedDisk } from '../../sim/disk.ts';
import { type FaultPlan, noFaults } from '../../sim/faults.ts';
import { SimulatedNetwork } from '../../sim/network.ts';
import { SimulatedProcess } from '../../sim/process.ts';
import { World } from '../../sim/world.ts';
import { bytesOf, textOf } from './support.ts';

const machine = (seed = 1) => {
  const world = new World(seed);
  const disk = new SimulatedDisk(world.random.fork('disk'));
  const { files } = new SimulatedProcess(world, {
    name: 'one',
    disk,
    network: new SimulatedNetwork(world),
  }).system;
  return { world, disk, files };
};

const write = (files: ReturnType<typeof machine>['files'], path: string, text: string): void => {
  const file = files.open(path, 'append');
  file.write(bytesOf(text));
  file.close();
};

describe('a simulated disk', () => {
  it('keeps files and directories as a real one does', () => {
    const { files } = machine();
    files.makeDirectory('/a/b');
    write(files, '/a/b/one', 'hello');
    write(files, '/a/b/one', ' world');
    files.rename('/a/b/one', '/a/two');
    expect(files.list('/a')).toEqual(['b', 'two']);
    expect(files.readText('/a/two')).toBe('hello world');
    expect(files.stat('/a/b/one')).toBeUndefined();
    expect(files.stat('/a')).toMatchObject({ directory: true });
    expect(files.stat('/a/two')).toMatchObject({ directory: false, sizeBytes: 11 });
    files.remove('/a/two');
    files.remove('/a/two');
    expect(files.list('/a')).toEqual(['b']);
  });

  it('reads what stands at a position, and nothing behind the end', () => {
    const { files } = machine();
    write(files, '/one', 'hello');
    const file = files.open('/one', 'read');
    const target = new Uint8Array(8);
    expect([file.read(target, 2, 3, 1), textOf(target.subarray(2, 5))]).toEqual([3, 'ell']);
    expect(file.read(target, 0, 8, 5)).toBe(0);
  });

  it.each([
    ['ENOENT', (files: ReturnType<typeof machine>['files']) => files.open('/no/file', 'write')],
    ['ENOENT', (files: ReturnType<typeof machine>['files']) => files.readText('/nothing')],
    ['ENOTDIR', (files: ReturnType<typeof machine>['files']) => files.list('/one')],
    ['EISDIR', (files: ReturnType<typeof machine>['files']) => files.open('/', 'read')],
  ])('refuses with %s what a real one refuses', (code, act) => {
    const { files } = machine();
    write(files, '/one', 'x');
    expect(() => act(files)).toThrow(expect.objectContaining({ code }));
  });

  it('says so when it is full', () => {
    const { files, disk } = machine();
    disk.capacityBytes = 4;
    write(files, '/one', 'four');
    expect(() => write(files, '/other', 'x')).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
  });

  it('writes a part of what the fault plan tears', () => {
    const { files, world } = machine();
    const file = files.open('/one', 'write');
    const tearing: FaultPlan = { ...noFaults, judge: () => 'tear' };
    world.faults = tearing;
    expect(() => file.write(bytesOf('hello!'))).toThrow(expect.objectContaining({ code: 'EIO' }));
    world.faults = noFaults;
    expect(files.readText('/one')).toBe('hel');
  });
});

describe('a loss of power', () => {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed);

  /** What is read after the power came back, over many seeds. */
  const leftAfter = (act: (rig: ReturnType<typeof machine>) => void): Set<string | undefined> =>
    new Set(
      seeds.map((seed) => {
        const rig = machine(seed);
        act(rig);
        rig.disk.losePower();
        return rig.files.stat('/data/one') === undefined ? undefined : rig.files.readText('/data/one');
      }),
    );

  it('leaves what was synced with its directory', () => {
    const left = leftAfter(({ files, disk }) => {
      files.makeDirectory('/data');
      disk.syncDirectory('/');
      const file = files.open('/data/one', 'write');
      file.write(bytesOf('ab'));
      file.sync();
      disk.syncDirectory('/data');
    });
    expect([...left]).toEqual(['ab']);
  });

  it('may take the name of a synced file whose directory was not synced', () => {
    const left = leftAfter(({ files }) => {
      files.makeDirectory('/data');
      const file = files.open('/data/one', 'write');
      file.write(bytesOf('ab'));
      file.sync();
    });
    expect(left).toEqual(new Set(['ab', undefined]));
  });

  it('tears what was written behind the last sync, and takes nothing before it', () => {
    const left = leftAfter(({ files, disk }) => {
      files.makeDirectory('/data');
      const file = files.open('/data/one', 'write');
      disk.syncDirectory('/data');
      disk.syncDirectory('/');
      file.write(bytesOf('ab'));
      file.sync();
      file.write(bytesOf('cd'));
    });
    expect(left).toEqual(new Set(['ab', 'abc', 'abcd']));
  });

  it('may show a file that was written anew as it was before, or torn', () => {
    const left = leftAfter(({ files, disk }) => {
      files.makeDirectory('/data');
      const file = files.open('/data/one', 'write');
      file.write(bytesOf('old'));
      file.sync();
      disk.syncDirectory('/data');
      disk.syncDirectory('/');
      files.open('/data/one', 'write').write(bytesOf('N'));
    });
    expect(left).toEqual(new Set(['old', '', 'N']));
  });

  it('keeps names in the order in which they were changed', () => {
    const left = leftAfter(({ files, disk }) => {
      files.makeDirectory('/data');
      disk.syncDirectory('/');
      for (const name of ['/data/other', '/data/one']) {
        const file = files.open(name, 'write');
        file.write(bytesOf(name));
        file.sync();
      }
      files.rename('/data/other', '/data/one');
    });
    expect(left).toEqual(new Set([undefined, '/data/one', '/data/other']));
  });
});
