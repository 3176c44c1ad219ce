import type { System } from '../src/sys/system.ts';
import type { Thread, ThreadPort, Threads } from '../src/sys/threads.ts';
import type { SimulatedProcess } from './process.ts';

/** What runs in a thread; it ends by closing its port. */
export type ThreadProgram = (port: ThreadPort, system: System) => Promise<void> | void;

/** The program of each entry point; undefined = a thread that does nothing. */
export type ThreadPrograms = (entry: URL) => ThreadProgram | undefined;

/** How long a message is under way, and how long a thread takes to end, in ms. */
const messageMs = 0.05;
const endMs = 0.5;

/** Messages in one direction: copied, in order, kept until somebody listens. */
class Mailbox {
  private readonly owner: SimulatedProcess;
  private readonly letters: unknown[] = [];
  private listener: ((message: unknown) => void) | undefined;

  constructor(owner: SimulatedProcess) {
    this.owner = owner;
  }

  post(message: unknown): void {
    this.letters.push(structuredClone(message));
    if (this.listener !== undefined) this.deliver();
  }

  listen(listener: (message: unknown) => void): void {
    this.listener = listener;
    for (let left = this.letters.length; left > 0; left--) this.deliver();
  }

  private deliver(): void {
    this.owner.world.after(messageMs, () => this.listener?.(this.letters.shift()), this.owner);
  }
}

/** Memory of doorbells is small. */
const mostBellBytes = 16 * 1024;

/** The engine holds on to whoever waits at shared memory, and to all that he knows, until he is woken: the dead must be. */
const wakeWaiters = (data: unknown): void => {
  if (data instanceof SharedArrayBuffer && data.byteLength <= mostBellBytes) {
    const words = new Int32Array(data, 0, data.byteLength >> 2);
    for (let word = 0; word < words.length; word++) Atomics.notify(words, word);
  } else if (typeof data === 'object' && data !== null && !(data instanceof SharedArrayBuffer)) {
    for (const value of Object.values(data)) wakeWaiters(value);
  }
};

const startThread = (
  parent: SimulatedProcess,
  child: SimulatedProcess,
  program: ThreadProgram | undefined,
  data: unknown,
): Thread => {
  const [toChild, toParent] = [new Mailbox(child), new Mailbox(parent)];
  const exited = Promise.withResolvers<void>();
  const exitListeners: ((problem: string | undefined) => void)[] = [];
  let hasEnded = false;
  child.onDeath((reason) => {
    const tell = (): void => {
      for (const listener of exitListeners) listener(hasEnded ? undefined : reason);
      exited.resolve();
    };
    parent.world.after(endMs, tell, parent);
  });
  const given: unknown = structuredClone(data);
  child.onDeath(() => wakeWaiters(given));
  const port: ThreadPort = {
    data: given,
    post: (message) => {
      if (child.alive) toParent.post(message);
    },
    onMessage: (listener) => toChild.listen(listener),
    close: () => {
      hasEnded = true;
      child.system.timers.after(endMs, () => child.kill('it has ended'));
    },
  };
  parent.world.after(
    messageMs,
    () => {
      Promise.resolve(program?.(port, child.system)).catch((error: unknown) => child.escaped(error));
    },
    child,
  );
  return {
    post: (message) => {
      if (parent.alive) toChild.post(message);
    },
    onMessage: (listener) => toParent.listen(listener),
    onExit: (listener) => void exitListeners.push(listener),
    terminate: () => {
      if (parent.alive) child.kill('it was terminated');
      return exited.promise;
    },
  };
};

/** The threads of a process: processes of their own in all but that they end, stop and vanish with it. */
export const simulatedThreads = (parent: SimulatedProcess, programs: ThreadPrograms): Threads => ({
  spawn: (entry, data) => {
    const program = programs(entry);
    const name =
      entry.pathname
        .split('/')
        .at(-1)
        ?.replace(/-thread\.[jt]s$/, '') ?? 'thread';
    return startThread(parent, parent.startChild(name), program, data);
  },
});
