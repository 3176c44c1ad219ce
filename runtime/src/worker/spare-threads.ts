import type { System, Timers } from '../sys/system.ts';
import type { Thread, ThreadLimits, ThreadPort, Threads } from '../sys/threads.ts';
import type { JobCode } from './job-code.ts';

/** What a spare thread is started with: it loads this, and waits to be told what it is to be. */
interface SpareData {
  readonly kind: 'spare';
  readonly code: JobCode;
}

/** The only message to a spare thread: it is what `data` says from now on. */
interface Become {
  readonly kind: 'become';
  readonly data: JobCode;
}

/** What a thread has once it knows what it is. */
export interface Begun<Data, Graph> {
  readonly data: Data;
  readonly graph: Graph;
}

interface Spare {
  readonly thread: Thread;
  readonly likeness: string;
}

/** Spares are made when what was started has had the time to get going. */
const refillAfterMs = 2000;
/** Each takes some ten MiB. */
const mostSpares = 4;

const likenessOf = (
  entry: URL,
  { artifact, args, plan }: JobCode,
  limits: ThreadLimits | undefined,
): string => JSON.stringify([entry.href, artifact, args, plan, limits]);

/**
 * Threads that run code of one job. For each that is started another one is made after a while, which has loaded the code already: the next
 * attempt begins in those, and waits for no code. None is used twice.
 */
export class SpareThreads implements Threads {
  private readonly system: Pick<System, 'threads' | 'timers'>;
  private readonly spares = new Set<Spare>();
  private readonly refills = new Set<ReturnType<Timers['after']>>();

  constructor(system: Pick<System, 'threads' | 'timers'>) {
    this.system = system;
  }

  spawn(entry: URL, raw: unknown, limits?: ThreadLimits): Thread {
    const data = raw as JobCode;
    const likeness = likenessOf(entry, data, limits);
    const refill = this.system.timers.after(refillAfterMs, () => {
      this.refills.delete(refill);
      this.refill(entry, data, limits);
    });
    this.refills.add(refill);
    for (const spare of this.spares) {
      this.spares.delete(spare);
      if (spare.likeness !== likeness) void spare.thread.terminate();
      else {
        spare.thread.post({ kind: 'become', data } satisfies Become);
        return spare.thread;
      }
    }
    return this.system.threads.spawn(entry, data, limits);
  }

  /** Ends those that nobody has wanted. */
  async close(): Promise<void> {
    for (const refill of this.refills) refill.cancel();
    const spares = [...this.spares];
    this.spares.clear();
    await Promise.all(spares.map(({ thread }) => thread.terminate()));
  }

  private refill(entry: URL, { artifact, args, plan }: JobCode, limits: ThreadLimits | undefined): void {
    if (this.spares.size >= mostSpares) return;
    const code = { artifact, args, plan };
    const thread = this.system.threads.spawn(entry, { kind: 'spare', code } satisfies SpareData, limits);
    const spare = { thread, likeness: likenessOf(entry, code, limits) };
    this.spares.add(spare);
    // Whoever begins in a new thread instead meets what it has met, and says so.
    thread.onExit(() => this.spares.delete(spare));
  }
}

/** What this thread is, and the job that it has loaded: at once, or as a spare when it is told. */
export const begunAs = async <Data extends JobCode, Graph>(
  port: ThreadPort,
  load: (code: JobCode) => Promise<Graph>,
): Promise<Begun<Data, Graph>> => {
  const data = port.data as Data | SpareData;
  if (!('kind' in data) || data.kind !== 'spare')
    return { data: data as Data, graph: await load(data as Data) };
  const graph = await load(data.code);
  const { promise, resolve } = Promise.withResolvers<Begun<Data, Graph>>();
  port.onMessage((raw) => {
    const message = raw as Become;
    if (message.kind === 'become') resolve({ data: message.data as Data, graph });
  });
  return promise;
};
