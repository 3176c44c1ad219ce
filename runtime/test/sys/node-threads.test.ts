import { describe, expect, it } from 'vitest';
import { nodeThreads } from '../../src/sys/node-threads.ts';
import type { Thread } from '../../src/sys/threads.ts';

const door = JSON.stringify(new URL('../../src/sys/node-threads.ts', import.meta.url).href);

/** A thread that runs this text; `port` is its door. */
const spawn = (text: string, data: unknown = null): Thread => {
  const program = `import { nodeThreadPort } from ${door}; const port = nodeThreadPort(); ${text}`;
  return nodeThreads.spawn(new URL(`data:text/javascript,${encodeURIComponent(program)}`), data);
};

const exitOf = (thread: Thread): Promise<string | undefined> =>
  new Promise((resolve) => thread.onExit(resolve));
const nextOf = (thread: Thread): Promise<unknown> => new Promise((resolve) => thread.onMessage(resolve));

describe('a thread', () => {
  it('has its data at once, answers, and ends by itself when it listens no more', async () => {
    const thread = spawn(
      `port.onMessage((message) => { port.post([port.data, message]); port.close(); });`,
      new Map([['a', 1n]]),
    );
    const exited = exitOf(thread);
    const answered = nextOf(thread);
    thread.post({ at: new Date(5) });
    expect(await answered).toEqual([new Map([['a', 1n]]), { at: new Date(5) }]);
    expect(await exited).toBeUndefined();
  });

  it('shares memory with the one that started it', async () => {
    const memory = new SharedArrayBuffer(4);
    const thread = spawn(`Atomics.store(new Int32Array(port.data), 0, 7);`, memory);
    await exitOf(thread);
    expect(Atomics.load(new Int32Array(memory), 0)).toBe(7);
  });

  it.each([
    ['throws', `throw new RangeError('too far')`, 'too far'],
    ['rejects', `await Promise.reject(new Error('late'))`, 'late'],
    ['throws what is no error', `throw 'a text'`, 'a text'],
    ['exits', `process.exit(4)`, 'it exited with code 4'],
    ['exits without a fault', `process.exit(0)`, undefined],
  ])('that %s says why it is gone', async (_name, text, problem) => {
    expect(await exitOf(spawn(text))).toBe(problem);
  });

  it('can be ended while it never returns', async () => {
    const thread = spawn(`port.post('in'); for (;;);`);
    const exited = exitOf(thread);
    await nextOf(thread);
    await thread.terminate();
    expect(await exited).toBe('it exited with code 1');
  });
});
