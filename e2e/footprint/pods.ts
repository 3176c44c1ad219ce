import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Minio, startMinio } from '../harness/minio.ts';
import { freePort } from '../harness/program.ts';
import { waitUntil } from '../harness/wait.ts';

const bucket = 'checkpoints';
const jobUid = '7f2a6c1e-3c0e-4f0e-9d55-000000000001';
const limitMs = 60_000;
/** As the operator has them in `resources/pod.ts`, and the allocator as the image has it. */
const engineFlags = { coordinator: ['--max-semi-space-size=2'], worker: [] };

/** A line of a program's log, and when it came. */
export interface Line {
  readonly atMs: number;
  readonly text: string;
}

/** A process that is told what a pod of the operator is told. */
export interface Pod {
  readonly role: 'coordinator' | 'worker';
  readonly name: string;
  readonly processId: number;
  readonly lines: readonly Line[];
  /** Sends the signal, and waits for the end. Twice is harmless. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const manifestAt = (endpoint: string, rate: number): object => ({
  apiVersion: 'millrace.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: { name: 'readings' },
  spec: {
    job: { entry: 'job.ts' },
    parallelism: 2,
    args: { rate: `${rate}` },
    checkpoint: {
      interval: '1s',
      store: {
        s3: {
          endpoint,
          bucket,
          region: 'us-east-1',
          pathStyle: true,
        },
      },
    },
    restart: { strategy: 'FixedDelay', fixedDelay: { attempts: 1000, delay: '200ms' } },
    resources: { memory: '512Mi' },
  },
});

/** The programs of an image, each in a process of this machine as it would be in a pod of the operator, and a store for them. */
export class Pods {
  private readonly folder: string;
  private readonly minio: Minio;
  private readonly image: string;
  private readonly port: number;
  private readonly controlPort: number;
  private readonly running = new Set<Pod>();

  private constructor(folder: string, minio: Minio, image: string, ports: readonly [number, number]) {
    this.folder = folder;
    this.minio = minio;
    this.image = image;
    [this.port, this.controlPort] = ports;
  }

  /** Starts the store. `image`: the folder that `assemble` has made. */
  static async prepare(image: string, recordsPerSecond: number): Promise<Pods> {
    const minio = await startMinio({ buckets: [bucket] });
    const folder = mkdtempSync(join(tmpdir(), 'millrace-footprint-'));
    copyFileSync(fileURLToPath(new URL('job.ts', import.meta.url)), join(folder, 'job.ts'));
    const manifest = manifestAt(minio.endpoint, recordsPerSecond);
    writeFileSync(join(folder, 'job.json'), JSON.stringify(manifest));
    for (const made of ['control', 'scratch']) mkdirSync(join(folder, made));
    return new Pods(folder, minio, image, [await freePort(), await freePort()]);
  }

  private program(name: string): string {
    return join(this.image, 'bin', `${name}.js`);
  }

  private get environment(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      MALLOC_ARENA_MAX: '2',
      HOME: this.folder,
      AWS_ACCESS_KEY_ID: this.minio.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.minio.secretAccessKey,
      MILLRACE_JOB_UID: jobUid,
      MILLRACE_MANIFEST: join(this.folder, 'job.json'),
      MILLRACE_SLOTS: '1',
      MILLRACE_TLS: 'job',
      TMPDIR: join(this.folder, 'scratch'),
    };
  }

  /** What the first container of a coordinator's pod does. */
  makeCertificate(): void {
    execFileSync(process.execPath, [this.program('certificate')], {
      env: {
        ...this.environment,
        MILLRACE_CONTROL_TLS_DIRECTORY: join(this.folder, 'control'),
        MILLRACE_TERMINATION_LOG: join(this.folder, 'fingerprint'),
      },
    });
    copyFileSync(join(this.folder, 'control/tls.crt'), join(this.folder, 'operator-ca.crt'));
  }

  startCoordinator(): Pod {
    return this.start('coordinator', 'coordinator', {
      MILLRACE_LISTEN: `127.0.0.1:${this.port}`,
      MILLRACE_DEPLOYMENT: 'one',
      MILLRACE_CONTROL_HOST: '127.0.0.1',
      MILLRACE_CONTROL_PORT: `${this.controlPort}`,
      MILLRACE_CONTROL_TLS_DIRECTORY: join(this.folder, 'control'),
      MILLRACE_CONTROL_CLIENT_AUTHORITY: join(this.folder, 'operator-ca.crt'),
      MILLRACE_CODE_DIRECTORY: this.folder,
      MILLRACE_HEALTH_PORT: '0',
    });
  }

  startWorker(index: number): Pod {
    return this.start('worker', `worker-${index}`, {
      MILLRACE_COORDINATOR: `127.0.0.1:${this.port}`,
      MILLRACE_WORKER_NAME: `worker-${index}-${Date.now().toString(36)}`,
      MILLRACE_ARTIFACTS: join(this.folder, 'scratch', `artifacts-${index}`),
      MILLRACE_HOST: '127.0.0.1',
      MILLRACE_HEALTH_PORT: '0',
    });
  }

  /** Ends all of them, and removes what they have left. */
  async close(): Promise<void> {
    for (const pod of this.running) await pod.end('SIGKILL');
    await this.minio.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private start(role: Pod['role'], name: string, environment: Record<string, string>): Pod {
    const child = spawn(process.execPath, [...engineFlags[role], this.program(role)], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...this.environment, ...environment },
    });
    const lines = linesOf(child);
    const killChild = (): void => void child.kill('SIGKILL');
    process.once('exit', killChild);
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => {
        process.off('exit', killChild);
        resolve();
      });
    });
    const pod: Pod = {
      role,
      name,
      processId: child.pid ?? 0,
      lines,
      end: async (signal) => {
        child.kill(signal);
        await exited;
        this.running.delete(pod);
      },
    };
    this.running.add(pod);
    return pod;
  }
}

const linesOf = (child: ChildProcess): readonly Line[] => {
  const lines: Line[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const text of parts) lines.push({ atMs: Date.now(), text });
    });
  }
  return lines;
};

/** When a line that matches came at last, no earlier than some time. @throws Error with the log when none comes. */
export const lineAfter = async (pod: Pod, pattern: RegExp, fromMs: number): Promise<number> => {
  const found = (): Line | undefined =>
    pod.lines.find(({ atMs, text }) => atMs >= fromMs && pattern.test(text));
  await waitUntil(() => found() !== undefined, limitMs);
  const line = found();
  if (line !== undefined) return line.atMs;
  const log = pod.lines.map(({ text }) => text).slice(-40);
  throw new Error(`${pod.name} has never said ${pattern.source}:\n${log.join('\n')}`);
};

/** How long after some time lines that match came, in ms. */
export const timesOf = ({ lines }: Pod, pattern: RegExp, fromMs: number): readonly number[] =>
  lines.filter(({ atMs, text }) => atMs >= fromMs && pattern.test(text)).map(({ atMs }) => atMs - fromMs);
