import { describe, expect, it } from 'vitest';
import { WorkerPool } from '../../src/coordinator/worker-pool.ts';
import { callControl } from '../../src/exchange/tcp/control-calls.ts';
import type { ControlLink } from '../../src/exchange/tcp/control-link.ts';
import type { DeadLetter } from '../../src/task/failures.ts';
import { settle } from '../../src/testing/settle.ts';
import { createTestSystem } from '../../src/testing/test-system.ts';
import { RemoteAttempt } from '../../src/worker/remote/remote-attempt.ts';
import type { RemoteJob } from '../../src/worker/remote/remote-job.ts';
import type { FromWorker, Registration, ToWorker } from '../../src/worker/remote/worker-messages.ts';
import { keptLog } from './frozen-job.ts';

const job = { jobName: 'orders' } as RemoteJob;
const sha256 = 'a'.repeat(64);

/** A pool on a machine in memory, workers that only note what they are told, and attempts that only note how they fail. */
const listening = async (isElastic = false) => {
  const machine = createTestSystem();
  const { logger, lines } = keptLog();
  const letters: DeadLetter[] = [];
  const opening = WorkerPool.listen({
    system: machine.system,
    logger,
    jobUid: 'orders',
    host: 'here',
    port: 0,
    runtimeVersion: '1.2.3',
    waitForRoomMs: 30_000,
    isElastic,
    deadLetters: (letter) => void letters.push(letter),
    artifact: { sha256, bytes: Uint8Array.of(1, 2, 3) },
  });
  await settle(machine);
  const pool = await opening;
  pool.lead(3);
  const call = async (name: string, slots = 1, words: Partial<Registration<RemoteJob>> = {}) => {
    const { runtimeVersion = '1.2.3', artifacts = [sha256], term = 0, holds } = words;
    const told: ToWorker<RemoteJob>[] = [];
    const ends: unknown[] = [];
    const calling = callControl({
      system: machine.system,
      jobUid: 'orders',
      address: { host: 'here', port: pool.port },
      name,
      peer: 'the coordinator',
    });
    await settle(machine);
    const link: ControlLink = await calling;
    link.listen({
      onMessage: (message) => void told.push(message as ToWorker<RemoteJob>),
      onClosed: (error) => void ends.push(error),
    });
    const say = async (message: FromWorker<RemoteJob> | { readonly kind: string }): Promise<void> => {
      link.send(message);
      await settle(machine);
    };
    await say({ kind: 'register', runtimeVersion, slots, artifacts, term, holds });
    return { link, told, ends, say };
  };
  const attempt = (number: number, slots: number) => {
    const failures: string[] = [];
    const made = new RemoteAttempt<RemoteJob>(number, slots, job, (slot) => ({
      requestSplit: () => undefined,
      sendState: () => undefined,
      onFinished: () => undefined,
      onFailed: (error) => void failures.push(`${slot}: ${(error as Error).message}`),
    }));
    return { made, failures };
  };
  const place = async (number: number, slots: number) => {
    const placed = attempt(number, slots);
    pool.place(placed.made);
    await settle(machine);
    return placed;
  };
  return { machine, pool, lines, letters, call, attempt, place };
};

const hosting = (attempt: number, slots: readonly number[]) => ({
  kind: 'host',
  term: 3,
  attempt,
  slots,
  job,
});

describe('the workers of a job', () => {
  it('take the slots of an attempt beside those that they have', async () => {
    const { machine, pool, call, attempt, place } = await listening();
    const only = await call('worker-0', 2);
    const before = await place(1, 2);
    const next = attempt(2, 2);
    pool.place(next.made, 1);
    await settle(machine);
    expect(only.told).toEqual([hosting(1, [0, 1]), hosting(2, [0, 1])]);
    only.link.destroy();
    await settle(machine);
    expect([before.failures.length, next.failures.length]).toEqual([2, 2]);
  });

  it('are heard for an attempt that runs, however many have been prepared beside it and given up', async () => {
    const { machine, pool, call, attempt, place } = await listening();
    const only = await call('worker-0', 2);
    const running = await place(1, 2);
    for (let i = 0; i < 2; i++) {
      const next = attempt(2, 2);
      pool.place(next.made, 1);
      for (const slot of next.made.slots) void slot.cancel();
      await settle(machine);
    }
    expect(only.told.filter(({ kind }) => kind === 'host')).toHaveLength(3);
    const error = { name: 'Error', message: 'broken', stack: undefined };
    await only.say({ kind: 'slot', attempt: 1, slot: 0, answer: { kind: 'failed', error } });
    expect(running.failures).toEqual(['0: broken']);
  });

  it('have room for more slots each, where they were started for this job alone', async () => {
    const { call, place } = await listening(true);
    const [one, two] = [await call('worker-0'), await call('worker-1')];
    await place(1, 2);
    await place(2, 5);
    expect([one?.told.at(-1), two?.told.at(-1)]).toEqual([hosting(2, [0, 1, 2]), hosting(2, [3, 4])]);
  });

  it('are given the code of another revision, also those that come later', async () => {
    const { machine, pool, call } = await listening();
    const early = await call('worker-0');
    const other = { sha256: 'c'.repeat(64), bytes: Uint8Array.of(4) };
    pool.offer(other);
    pool.offer(other);
    await settle(machine);
    const late = await call('worker-1');
    expect([early.told, late.told]).toEqual([
      [{ kind: 'artifact', ...other }],
      [{ kind: 'artifact', ...other }],
    ]);
  });

  it('get the slots of an attempt by their names, whoever came first', async () => {
    const { pool, call, place } = await listening();
    const second = await call('worker-10', 2);
    const first = await call('worker-9');
    expect(pool.workers).toEqual(['worker-9', 'worker-10']);
    await place(1, 3);
    expect(first.told).toEqual([hosting(1, [0])]);
    expect(second.told).toEqual([hosting(1, [1, 2])]);
  });

  it('are waited for, up to a time', async () => {
    const { machine, call, place } = await listening();
    const one = await call('worker-0');
    const early = await place(1, 2);
    expect(one.told).toEqual([]);
    const two = await call('worker-1');
    expect([one.told, two.told]).toEqual([[hosting(1, [0])], [hosting(1, [1])]]);
    machine.advance(30_000);
    expect(early.failures).toEqual([]);
    const late = await place(2, 3);
    for (let i = 0; i < 30; i++) {
      machine.advance(1000);
      await settle(machine);
    }
    expect(late.failures[0]).toBe('0: 3 slots are needed, and 2 workers have room for 2.');
  });

  it('are given the code of the job where they do not have it', async () => {
    const { call } = await listening();
    const { told } = await call('worker-0', 1, { artifacts: ['b'.repeat(64)] });
    expect(told).toEqual([{ kind: 'artifact', sha256, bytes: Uint8Array.of(1, 2, 3) }]);
  });

  it('fail the attempt at once when one is lost, and the others go on with the next', async () => {
    const { machine, pool, call, place } = await listening();
    const lost = await call('worker-0');
    const staying = await call('worker-1');
    const { failures } = await place(1, 2);
    lost.link.destroy();
    await settle(machine);
    expect(failures).toEqual([expect.stringMatching(/^0: The link to worker-0 at .* is lost/)]);
    expect(pool.workers).toEqual(['worker-1']);
    await place(2, 2);
    const back = await call('worker-0');
    expect(staying.told).toEqual([hosting(1, [1]), hosting(2, [1])]);
    expect(back.told).toEqual([hosting(2, [0])]);
  });

  it('are lost when they are silent for three seconds, or when another of their name calls', async () => {
    const { machine, call, place } = await listening();
    const silent = await call('worker-0');
    const { failures } = await place(1, 1);
    silent.link.send = () => undefined;
    await call('worker-0');
    expect(failures).toEqual(['0: Another worker-0 has called.']);
    await settle(machine);
  });

  it('are told so, and their links end, when another of their name calls: they wait for no work', async () => {
    const { call, pool } = await listening();
    const first = await call('worker-0');
    await call('worker-0');
    expect(first.told).toMatchObject([
      {
        kind: 'refused',
        error: { message: 'Another worker-0 has called.', hint: 'Give each worker a name of its own.' },
      },
    ]);
    expect(first.ends).toEqual([undefined]);
    expect(pool.workers).toEqual(['worker-0']);
  });

  it('of another release are refused, with the way out', async () => {
    const { pool, call, lines } = await listening();
    const { told, ends } = await call('worker-0', 1, { runtimeVersion: '1.2.4' });
    const message = 'worker-0 runs Millrace 1.2.4, and the coordinator runs 1.2.3.';
    expect(told).toMatchObject([
      { kind: 'refused', error: { message, hint: 'Run the same release of Millrace everywhere.' } },
    ]);
    expect(ends).toEqual([undefined]);
    expect(pool.workers).toEqual([]);
    expect(lines).toContain(`error: ${message}`);
  });

  it('that leave are told of once, keep what they have until the next attempt, and end then', async () => {
    const { pool, call, place } = await listening();
    const leaving = await call('worker-0');
    const alsoLeaving = await call('worker-1');
    const staying = await call('worker-2');
    const { failures } = await place(1, 1);
    let told = 0;
    pool.onLeaving = () => {
      told++;
    };
    await leaving.say({ kind: 'leaving' });
    await alsoLeaving.say({ kind: 'leaving' });
    expect(told).toBe(1);
    expect(failures).toEqual([]);
    await place(2, 1);
    expect(staying.told).toEqual([hosting(2, [0])]);
    expect([leaving.told.at(-1), alsoLeaving.told.at(-1)]).toEqual([{ kind: 'end' }, { kind: 'end' }]);
    expect(pool.workers).toEqual(['worker-2']);
  });

  it('end with the job, and no other is let in', async () => {
    const { machine, pool, call } = await listening();
    const { told, ends } = await call('worker-0');
    const closing = pool.close();
    await settle(machine);
    await closing;
    expect(told).toEqual([{ kind: 'end' }]);
    expect(ends).toEqual([undefined]);
    await expect(call('worker-1')).rejects.toThrow('No connection to the coordinator');
  });

  it('hand on their log and their dead letters', async () => {
    const { call, lines, letters } = await listening();
    const { say } = await call('worker-0');
    await say({ kind: 'log', level: 'warn', message: 'the disk is slow', fields: {} });
    await say({ kind: 'deadLetter', letter: { record: 7 } as unknown as DeadLetter });
    expect(lines).toContain('warn: the disk is slow');
    expect(letters).toEqual([{ record: 7 }]);
  });
});

describe('workers that hold slots without a coordinator', () => {
  const holds = (slots: readonly number[], attempt = 7) => ({ attempt, slots, job });
  const search = async (parts: Awaited<ReturnType<typeof listening>>, slots: number) => {
    const found: boolean[] = [];
    void parts.pool.isHeld(7, slots, job).then((isHeld) => void found.push(isHeld));
    await settle(parts.machine);
    return found;
  };

  it('are waited for until they hold all slots of the attempt, and go on with it', async () => {
    const parts = await listening();
    const one = await parts.call('worker-0', 1, { holds: holds([1]) });
    const found = await search(parts, 2);
    expect(found).toEqual([]);
    const two = await parts.call('worker-1', 1, { holds: holds([0]) });
    expect(found).toEqual([true]);
    const { made, failures } = parts.attempt(7, 2);
    parts.pool.adopt(made);
    await settle(parts.machine);
    const adopt = { kind: 'adopt', attempt: 7, term: 3 };
    expect([one.told, two.told]).toEqual([[adopt], [adopt]]);
    expect(failures).toEqual([]);
  });

  it('are not waited for beyond what the living need to call', async () => {
    const parts = await listening();
    await parts.call('worker-0', 1, { holds: holds([1]) });
    const found = await search(parts, 2);
    for (let i = 0; i < 8; i++) {
      parts.machine.advance(500);
      await settle(parts.machine);
    }
    expect(found).toEqual([false]);
  });

  it('are not waited for where those who have called hold nothing and have room', async () => {
    const parts = await listening();
    await parts.call('worker-0', 2);
    expect(await search(parts, 2)).toEqual([false]);
  });

  it('count for nothing with another attempt or other code, and are told to let go', async () => {
    const parts = await listening();
    const older = await parts.call('worker-0', 1, { holds: holds([0], 6) });
    const found = await search(parts, 1);
    const other = { ...holds([0]), job: { jobName: 'payments' } as RemoteJob };
    const changed = await parts.call('worker-1', 1, { holds: other });
    expect(found).toEqual([]);
    await parts.place(8, 1);
    const late = await parts.call('worker-2', 1, { holds: holds([0]) });
    expect(older.told.map(({ kind }) => kind)).toEqual(['letGo', 'host']);
    expect([changed.told, late.told]).toEqual([[{ kind: 'letGo' }], [{ kind: 'letGo' }]]);
  });

  it('fail the attempt when one of them is gone before it is adopted', async () => {
    const parts = await listening();
    await parts.call('worker-0', 1, { holds: holds([0]) });
    const gone = await parts.call('worker-1', 1, { holds: holds([1]) });
    expect(await search(parts, 2)).toEqual([true]);
    gone.link.destroy();
    await settle(parts.machine);
    const { made, failures } = parts.attempt(7, 2);
    parts.pool.adopt(made);
    expect(failures[0]).toBe('0: A worker was lost before its slots were adopted.');
  });

  it('depose a coordinator that leads in a lower term than they have heard of', async () => {
    const { call, place } = await listening();
    await call('worker-0');
    const { failures } = await place(1, 1);
    await call('worker-1', 1, { term: 4 });
    expect(failures).toEqual(['0: Another process leads the job by now: worker-1 has heard of term 4.']);
  });
});
