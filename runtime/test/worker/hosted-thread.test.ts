import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import { hostThread } from '../../src/worker/hosted-thread.ts';
import { toPlainError } from '../../src/worker/plain-error.ts';
import { keptLog } from '../coordinator/frozen-job.ts';
import { FakeThread } from './fake-thread.ts';

interface Own {
  readonly kind: 'own';
  readonly number: number;
}

const host = () => {
  const fake = new FakeThread();
  const { logger, lines } = keptLog();
  const failures: unknown[] = [];
  const heard: Own[] = [];
  const thread = hostThread<{ readonly kind: string }, Own>({
    system: fake.system,
    logger,
    entry: new URL('file:///some/entry.js'),
    data: { some: 'data' },
    limits: { youngMiB: 7 },
    name: 'slot 3',
    endedAlone: (problem) => new MillraceError('resource', `gone: ${problem ?? 'by itself'}`),
    onMessage: (message) => void heard.push(message),
    onFailed: (error) => void failures.push(error),
  });
  return { fake, thread, lines, failures, heard };
};

const settled = async (promise: Promise<void>): Promise<unknown> =>
  await Promise.race([
    promise.then(
      () => 'resolved',
      (error: unknown) => (error as Error).message,
    ),
    new Promise((resolve) => void setImmediate(() => resolve('waiting'))),
  ]);

describe('a thread that is held from outside', () => {
  it('is started with its data and limits, and is ready when it says so', async () => {
    const { fake, thread } = host();
    expect(fake.spawned).toEqual([{ entry: 'entry.js', data: { some: 'data' }, limits: { youngMiB: 7 } }]);
    expect(await settled(thread.ready)).toBe('waiting');
    fake.say({ kind: 'ready' });
    expect(await settled(thread.ready)).toBe('resolved');
  });

  it('passes on what its kind tells, and logs its lines', () => {
    const { fake, heard, lines } = host();
    fake.say({ kind: 'own', number: 4 });
    fake.say({ kind: 'log', level: 'warn', message: 'Slow', fields: {} });
    expect(heard).toEqual([{ kind: 'own', number: 4 }]);
    expect(lines).toEqual(['warn: Slow']);
  });
});

describe('a thread that fails', () => {
  const error = new MillraceError('io', 'no file', { where: { file: 'a' }, hint: 'look' });

  it('tells it once while it loads, and is never ready', async () => {
    const { fake, thread, failures } = host();
    fake.say({ kind: 'failed', error: toPlainError(error) });
    fake.exit();
    expect(failures).toEqual([expect.objectContaining({ code: 'io', hint: 'look', where: { file: 'a' } })]);
    expect(await settled(thread.ready)).toBe('no file');
  });

  it('tells it once when it was ready', async () => {
    const { fake, thread, failures } = host();
    fake.say({ kind: 'ready' });
    fake.say({ kind: 'failed', error: toPlainError(error) });
    fake.exit('it exited with code 9');
    expect(failures).toHaveLength(1);
    expect(await settled(thread.ready)).toBe('resolved');
  });

  it.each([undefined, 'it exited with code 9'])('is missed when it goes without a word (%s)', (problem) => {
    const { fake, failures } = host();
    fake.say({ kind: 'ready' });
    fake.exit(problem);
    expect(failures).toEqual([
      expect.objectContaining({ code: 'resource', message: `gone: ${problem ?? 'by itself'}` }),
    ]);
  });

  it('is missed also while it loads', async () => {
    const { fake, thread, failures } = host();
    fake.exit();
    expect(failures).toHaveLength(1);
    expect(await settled(thread.ready)).toBe('gone: by itself');
  });

  it('is not missed when it had done its work', () => {
    const { fake, thread, failures } = host();
    fake.say({ kind: 'ready' });
    thread.done();
    fake.exit();
    expect(failures).toEqual([]);
  });

  it('gets nothing more, but for its last message', async () => {
    const { fake, thread } = host();
    fake.say({ kind: 'ready' });
    thread.send({ kind: 'first' });
    fake.say({ kind: 'failed', error: toPlainError(error) });
    thread.send({ kind: 'second' });
    const closed = thread.close({ kind: 'last' });
    fake.exit();
    await closed;
    expect(fake.posted).toEqual([{ kind: 'first' }, { kind: 'last' }]);
  });
});

describe('closing a thread', () => {
  it('ends one that still loads at once, since it has nothing to close', async () => {
    const { fake, thread, failures } = host();
    await thread.close({ kind: 'last' });
    expect(fake.terminated).toBe(true);
    expect(fake.posted).toEqual([]);
    expect(failures).toEqual([]);
    expect(await settled(thread.ready)).toContain('was closed while it was loading');
  });

  it('waits until it is gone, and leaves no timer', async () => {
    const { fake, thread, failures } = host();
    fake.say({ kind: 'ready' });
    const closed = thread.close({ kind: 'last' });
    expect(await settled(closed)).toBe('waiting');
    fake.exit();
    await closed;
    expect(fake.posted).toEqual([{ kind: 'last' }]);
    expect([fake.terminated, fake.test.pendingTimers, failures.length]).toEqual([false, 0, 0]);
  });

  it('ends it from outside after five seconds, and tells what to do', async () => {
    const { fake, thread, failures } = host();
    fake.say({ kind: 'ready' });
    const closed = thread.close({ kind: 'last' });
    fake.test.advance(4999);
    expect([await settled(closed), fake.terminated]).toEqual(['waiting', false]);
    fake.test.advance(1);
    await expect(closed).rejects.toMatchObject({
      code: 'user-code',
      message: 'The thread of slot 3 was not closed after 5 s and was ended from outside.',
      hint: expect.stringContaining('close() of functions') as string,
    });
    expect([fake.terminated, failures.length]).toEqual([true, 0]);
  });

  it('hears what fails meanwhile', () => {
    const { fake, thread, failures } = host();
    fake.say({ kind: 'ready' });
    void thread.close({ kind: 'last' });
    fake.say({ kind: 'failed', error: toPlainError(new Error('not closed well')) });
    fake.exit();
    expect(failures).toEqual([expect.objectContaining({ message: 'not closed well' })]);
  });
});
