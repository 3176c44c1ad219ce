import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

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

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });

/** The processes of one job, and what they have put out so far. */
class Rig {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'millrace-killed-'));
  readonly port: number;
  log = '';
  private readonly children = new Map<string, ChildProcess>();

  constructor(port: number) {
    this.port = port;
    writeFileSync(join(this.folder, 'job.mjs'), job);
    writeFileSync(join(this.folder, 'job.yaml'), manifest);
    onTestFinished(() => {
      for (const child of this.children.values()) child.kill('SIGKILL');
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  startWorker(name: string): ChildProcess {
    return this.start(name, 'worker', {
      MILLRACE_COORDINATOR: `127.0.0.1:${this.port}`,
      MILLRACE_WORKER_NAME: name,
      MILLRACE_ARTIFACTS: join(this.folder, name),
      MILLRACE_RECONNECT_SECONDS: '20',
    });
  }

  startCoordinator(): ChildProcess {
    return this.start('coordinator', 'coordinator', {
      MILLRACE_MANIFEST: 'job.yaml',
      MILLRACE_LISTEN: `127.0.0.1:${this.port}`,
    });
  }

  signal(name: string, signal: 'SIGKILL' | 'SIGTERM'): void {
    this.children.get(name)?.kill(signal);
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

  private start(name: string, program: string, variables: Readonly<Record<string, string>>): ChildProcess {
    const path = fileURLToPath(new URL(`../../src/bin/${program}.ts`, import.meta.url));
    const child = spawn(process.execPath, ['--conditions=millrace-source', path], {
      cwd: this.folder,
      env: { ...process.env, MILLRACE_JOB_UID: 'numbers-1', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (bytes: Buffer): void => {
      this.log += bytes.toString();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    this.children.set(name, child);
    return child;
  }
}

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.on('exit', (code) => resolve(code)));

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
