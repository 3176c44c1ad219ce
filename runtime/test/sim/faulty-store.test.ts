import { describe, expect, it } from 'vitest';
import { crashesAt, noFaults, type Verdict } from '../../sim/faults.ts';
import { FaultyStore } from '../../sim/faulty-store.ts';
import { SimulatedStorage } from '../../sim/storage.ts';
import { bytesOf, newWorld, settle, textOf } from './support.ts';

const rig = () => {
  const { world, start } = newWorld();
  const storage = new SimulatedStorage();
  const process = start('one');
  const store = new FaultyStore(process, storage);
  /** What a call answers, or the word `error`, or `nothing`. */
  const answer = async (call: Promise<unknown>): Promise<unknown> => {
    let heard: unknown = 'nothing';
    call.then(
      (value) => {
        heard = value;
      },
      () => {
        heard = 'error';
      },
    );
    await settle(world);
    return heard;
  };
  return { world, storage, process, store, answer };
};

describe('the simulated object storage', () => {
  it('keeps objects as any store does', async () => {
    const { store, answer } = rig();
    const bytes = bytesOf('hello');
    await answer(store.put('a/1', bytes));
    bytes.fill(0);
    expect(textOf((await answer(store.get('a/1'))) as Uint8Array)).toBe('hello');
    expect(textOf((await answer(store.getRange('a/1', 1, 3))) as Uint8Array)).toBe('ell');
    expect(await answer(store.getRange('a/1', 1, 9))).toBe('error');
    expect(await answer(store.putIfAbsent('a/1', bytesOf('x')))).toBe('exists');
    expect(await answer(store.putIfAbsent('a/2', bytesOf('x')))).toBe('written');
    await answer(store.copy('a/1', 'b/1'));
    expect(await answer(store.copy('nothing', 'b/2'))).toBe('error');
    await answer(store.remove(['a/1', 'nothing']));
    expect(await answer(store.get('a/1'))).toBeUndefined();
    expect(await answer(store.list(''))).toMatchObject([{ key: 'a/2', sizeBytes: 1 }, { key: 'b/1' }]);
    expect(await answer(store.list('a/'))).toHaveLength(1);
  });

  it.each<[Verdict, unknown, string | undefined]>([
    ['do', undefined, 'new'],
    ['fail', 'error', undefined],
    ['tear', 'error', undefined],
    ['loseAnswer', 'error', 'new'],
    ['late', 'error', 'new'],
    ['silent', 'error', undefined],
    ['crashBefore', 'nothing', undefined],
    ['crashAfter', 'nothing', 'new'],
  ])('whose put meets the fault %s answers %s and has %s', async (verdict, heard, left) => {
    const { world, store, storage, answer } = rig();
    world.faults = { ...noFaults, judge: () => verdict };
    expect(await answer(store.put('a', bytesOf('new')))).toBe(heard);
    const bytes = storage.read('a');
    expect(bytes === undefined ? undefined : textOf(bytes)).toBe(left);
  });

  it('gets what a process had sent before it died', async () => {
    const { store, storage, answer, process, world } = rig();
    const put = store.putIfAbsent('a', bytesOf('new'));
    process.kill('test');
    expect(await answer(put)).toBe('nothing');
    expect(storage.history).toMatchObject([{ kind: 'put', key: 'a', by: 'one' }]);
    expect(world.trace[0]).toContain('#1 one store.putIfAbsent a');
  });

  it('numbers each call, so that the process can be killed at any of them', async () => {
    const { world, store, storage } = rig();
    world.faults = crashesAt({ call: 3, when: 'after' });
    const work = async (): Promise<void> => {
      for (let i = 1; i < 10; i++) await store.put(`${i}`, bytesOf('x'));
    };
    void work();
    await settle(world);
    expect(storage.keys()).toEqual(['1', '2', '3']);
  });
});
