import { describe, expect, it } from 'vitest';
import { asAttempt } from '../../src/checkpoint/ids.ts';
import { LogWriter } from '../../src/checkpoint/log-writer.ts';
import { createJobLog, type JobLog } from '../../src/coordinator/job-log.ts';
import { jobUid, manifestOf } from '../checkpoint/entries.ts';
import { newStore, system } from './stored-job.ts';

/** A log that several coordinators write, each by its name. */
const coordinators = () => {
  const store = newStore();
  return (name: string): JobLog =>
    createJobLog(
      new LogWriter({
        store,
        jobUid,
        checksum: system.hashing,
        me: { writer: name, deployment: 'green' },
        clock: system.clock,
        retained: () => 2,
      }),
    );
};

const isHeld = async () => true;

const manifest = (checkpointId: number, attempt: number) =>
  manifestOf(checkpointId, { attempt: asAttempt(attempt) });

describe('the log of a job, as coordinators claim it', () => {
  it('begins an attempt with each claim of one coordinator, and deposes it for good when another claims', async () => {
    const open = coordinators();
    const [first, second] = [open('first'), open('second')];
    expect(await first.claim()).toMatchObject({ term: 1, attempt: 1, isAdopted: false });
    expect(await first.claim()).toMatchObject({ term: 2, attempt: 2 });
    expect(await second.claim()).toMatchObject({ term: 3, attempt: 3 });
    await expect(first.claim()).rejects.toThrow(
      'Another process leads the job a1b2 by now, second in term 3.',
    );
    expect(await second.claim()).toMatchObject({ term: 4, attempt: 4 });
  });

  it('raises the term alone when what runs is adopted', async () => {
    const open = coordinators();
    const [first, second] = [open('first'), open('second')];
    await first.claim();
    await first.publish(manifest(1, 1));
    const asked: number[] = [];
    const adopted = await second.adopt(async (attempt) => {
      asked.push(attempt);
      return true;
    });
    expect(asked).toEqual([1]);
    expect(adopted).toMatchObject({ term: 2, attempt: 1, isAdopted: true, highestCheckpointId: 1 });
    await expect(first.publish(manifest(2, 1))).rejects.toThrow('Another process leads');
    await second.publish(manifest(2, 1));
  });

  it('lets an attempt be adopted before its first checkpoint', async () => {
    const open = coordinators();
    await open('first').claim();
    expect(await open('second').adopt(isHeld)).toMatchObject({
      term: 2,
      attempt: 1,
      isAdopted: true,
      manifest: undefined,
    });
  });

  it('lets nothing be adopted that has not begun, that nobody holds, or that was stopped', async () => {
    const open = coordinators();
    const first = open('first');
    expect(await open('second').adopt(isHeld)).toBeUndefined();
    await first.claim();
    await first.publish(manifest(1, 1));
    expect(await open('third').adopt(async () => false)).toBeUndefined();
    await first.stopped('suspended');
    expect(await open('fourth').adopt(isHeld)).toBeUndefined();
  });

  it('adopts no attempt that another has ended meanwhile', async () => {
    const open = coordinators();
    const first = open('first');
    await first.claim();
    await first.publish(manifest(1, 1));
    const adopted = await open('second').adopt(async () => {
      await open('third').claim();
      return true;
    });
    expect(adopted).toBeUndefined();
  });
});
