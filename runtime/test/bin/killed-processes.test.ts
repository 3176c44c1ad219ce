import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitOf, freePort, Processes } from './processes.ts';

const records = 9000;
const windowRecords = 100;
const keys = 7;

/** Counts by key and window: what comes out depends on nothing but the numbers. */
const job = `import { boundedOutOfOrderness, count, tumbling } from 'millrace';
import { fileSink } from 'millrace/connectors/files';
import { generator } from 'millrace/connectors/generator';
export default (env) => {
  const numbers = generator({
    count: ${records}, recordsPerSecond: 900, generate: (n) => ({ key: n % ${keys}, at: n }),
  });
  env.fromSource(numbers, boundedOutOfOrderness('1ms').withTimestamps('at')).name('numbers')
    .keyBy('key').window(tumbling('${windowRecords}ms')).aggregate({ counted: count() }).name('counts')
    .sinkTo(fileSink({ directory: 'out', format: 'ndjson' })).name('files');
};
`;

const manifest = `apiVersion: millrace.dev/v1alpha1
kind: StreamJob
metadata:
  name: numbers
spec:
  job:
    entry: job.mjs
  parallelism: 2
  checkpoint:
    interval: 200ms
    store:
      directory: store
  restart:
    strategy: FixedDelay
    fixedDelay:
      attempts: 100
      delay: 0s
`;

const uid = { MILLRACE_JOB_UID: 'numbers-1' };

interface Row {
  readonly key: number;
  readonly windowStart: number;
  readonly counted: number;
}

const expected = (): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (let n = 0; n < records; n++) {
    const name = `${n % keys}@${n - (n % windowRecords)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
};

/** The processes of one job, and what they have put out so far. */
class Rig extends Processes {
  readonly port: number;

  constructor(port: number) {
    super();
    this.port = port;
    writeFileSync(join(this.folder, 'job.mjs'), job);
    writeFileSync(join(this.folder, 'job.yaml'), manifest);
  }

  startWorker(name: string): ChildProcess {
    return this.start(name, 'worker', {
      ...uid,
      MILLRACE_COORDINATOR: `127.0.0.1:${this.port}`,
      MILLRACE_WORKER_NAME: name,
      MILLRACE_ARTIFACTS: join(this.folder, name),
      MILLRACE_RECONNECT_SECONDS: '20',
    });
  }

  startCoordinator(): ChildProcess {
    return this.start('coordinator', 'coordinator', {
      ...uid,
      MILLRACE_MANIFEST: 'job.yaml',
      MILLRACE_LISTEN: `127.0.0.1:${this.port}`,
    });
  }

  rows(): readonly Row[] {
    return this.parts().flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Row),
    );
  }

  /** Resolves when there are more visible parts than before. */
  async outputGrows(): Promise<void> {
    const before = this.parts().length;
    while (this.parts().length === before) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  private parts(): readonly string[] {
    const directory = join(this.folder, 'out');
    try {
      return readdirSync(directory)
        .filter((name) => name.startsWith('part-'))
        .map((name) => join(directory, name));
    } catch {
      return [];
    }
  }
}

describe('a job of a coordinator and two workers', () => {
  it('puts out everything once, whoever of them is killed or asked to end, and a coordinator that comes again goes on with the same workers', async () => {
    const rig = new Rig(await freePort());
    const workers = ['worker-0', 'worker-1'].map((name) => rig.startWorker(name));
    rig.startCoordinator();
    await rig.outputGrows();
    const gaps: string[] = [];
    const kill = async (name: string, again: () => ChildProcess): Promise<ChildProcess> => {
      const killedMs = performance.now();
      rig.signal(name, 'SIGKILL');
      const child = again();
      await rig.outputGrows();
      gaps.push(`${name} ${Math.round(performance.now() - killedMs)} ms`);
      await rig.outputGrows();
      return child;
    };
    workers[1] = await kill('worker-1', () => rig.startWorker('worker-1'));
    const coordinator = await kill('coordinator', () => rig.startCoordinator());
    workers[0] = await kill('worker-0', () => rig.startWorker('worker-0'));
    const leaving = exitOf(workers[1]);
    rig.signal('worker-1', 'SIGTERM');
    expect(await leaving, rig.log).toBe(0);
    workers[1] = rig.startWorker('worker-1');
    const ends = await Promise.all([coordinator, ...workers].map(exitOf));
    process.stdout.write(`From a kill to the next output: ${gaps.join(', ')}.\n`);
    expect(ends, rig.log).toEqual([0, 0, 0]);
    const rows = rig.rows();
    const counts = new Map(rows.map(({ key, windowStart, counted }) => [`${key}@${windowStart}`, counted]));
    expect(rows.length).toBe(counts.size);
    expect(counts).toEqual(expected());
  }, 120_000);
});
