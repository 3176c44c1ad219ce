import { describe, expect, it } from 'vitest';
import { Cluster } from '../../sim/cluster.ts';
import type { ThreadProgram } from '../../sim/threads.ts';
import type { ThreadPort } from '../../src/sys/threads.ts';
import { settle } from './support.ts';

const entry = new URL('file:///bin/echo-thread.ts');

/** A process whose threads run the program, and what the first of them has told. */
const rig = (program: ThreadProgram | undefined) => {
  const cluster = new Cluster(1);
  const process = cluster.start('one', 'one', { threads: () => () => program });
  const heard: unknown[] = [];
  const exits: (string | undefined)[] = [];
  const thread = process.system.threads.spawn(entry, { word: 'hello' });
  thread.onMessage((message) => heard.push(message));
  thread.onExit((problem) => exits.push(problem));
  return { cluster, process, thread, heard, exits, settle: () => settle(cluster.world) };
};

const echo: ThreadProgram = (port) => {
  port.post(port.data);
  port.onMessage((message) => {
    if (message === 'end') port.close();
    else port.post({ echo: message });
  });
};

describe('a simulated thread', () => {
  it('is told things in order and tells things in order, by copies, and ends by itself', async () => {
    const { thread, heard, exits, settle: wait } = rig(echo);
    const told = { numbers: [1] };
    for (const message of [told, 2, 3, 'end']) thread.post(message);
    told.numbers.push(2);
    await wait();
    expect(heard).toEqual([{ word: 'hello' }, { echo: { numbers: [1] } }, { echo: 2 }, { echo: 3 }]);
    expect(exits).toEqual([undefined]);
  });

  it('keeps what it is told until it listens', async () => {
    let port: ThreadPort | undefined;
    const {
      thread,
      cluster,
      settle: wait,
    } = rig((own) => {
      port = own;
    });
    thread.post('early');
    await wait();
    const heard: unknown[] = [];
    cluster.world.after(1, () => port?.onMessage((message) => heard.push(message)));
    await wait();
    expect(heard).toEqual(['early']);
  });

  it('is gone with its process, and stops with it', async () => {
    const ticks: number[] = [];
    const {
      process,
      cluster,
      exits,
      settle: wait,
    } = rig((_port, { timers, clock }) => {
      const tick = (): void => {
        ticks.push(Math.round(clock.monotonicMs()));
        timers.after(10, tick);
      };
      tick();
    });
    cluster.world.after(25, () => process.stop());
    cluster.world.after(100, () => process.continue());
    cluster.world.after(125, () => process.kill('test'));
    await wait();
    expect(ticks).toEqual([0, 10, 20, 100, 110, 120]);
    expect(exits).toEqual([]);
  });

  it('tells its process what has ended it when an error escapes', async () => {
    const { exits, process, settle: wait } = rig(() => Promise.reject(new Error('boom')));
    await wait();
    expect(exits).toEqual([expect.stringContaining('boom')]);
    expect(process.alive).toBe(true);
  });

  it('can be ended from outside', async () => {
    const { thread, exits, heard, settle: wait } = rig(echo);
    let isGone = false;
    void thread.terminate().then(() => {
      isGone = true;
    });
    thread.post('nobody hears this');
    await wait();
    expect([isGone, heard, exits]).toEqual([true, [], ['it was terminated']]);
  });

  it('may do nothing at all', async () => {
    const { exits, heard, settle: wait } = rig(undefined);
    await wait();
    expect([exits, heard]).toEqual([[], []]);
  });
});
