import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The programs of the runtime, from source, or from what `npm run build` has made when that is asked for. */
const programOf = (name: string): readonly string[] => {
  const isBuilt = process.env['MILLRACE_BUILT'] !== undefined;
  const path = isBuilt ? `../../dist/runtime/src/bin/${name}.js` : `../../runtime/src/bin/${name}.ts`;
  const program = fileURLToPath(new URL(path, import.meta.url));
  return isBuilt ? [program] : ['--conditions=millrace-source', program];
};

/** How a process ended: by itself with a code, or by a signal. */
export interface JobEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program of the runtime in a process of its own, `millrace run job.yaml` say. */
export interface JobRun {
  readonly processId: number;
  readonly ended: Promise<JobEnd>;
  /** Undefined while it runs. */
  readonly end: JobEnd | undefined;
  /** What it has written so far. */
  text(): string;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
}

export interface JobRunSettings {
  readonly folder: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What workers that others start know the job by. */
const jobUid = 'counts';

const keptCharacters = 100_000;

const endOf = (child: ChildProcess): Promise<JobEnd> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

/** Starts the job whose manifest is `job.yaml` in the folder. */
export const startJob = ({ args = [], ...settings }: JobRunSettings): JobRun =>
  start('millrace', { ...settings, args: ['run', 'job.yaml', '--no-panel', ...args] });

/** Starts another command of `millrace` in the folder. */
export const startCommand = (folder: string, args: readonly string[]): JobRun =>
  start('millrace', { folder, args });

/** Starts a worker that finds its coordinator at a port of this machine. */
export const startWorker = (folder: string, name: string, port: number): JobRun =>
  start('worker', {
    folder,
    environment: {
      MILLRACE_COORDINATOR: `127.0.0.1:${port}`,
      MILLRACE_JOB_UID: jobUid,
      MILLRACE_WORKER_NAME: name,
      MILLRACE_ARTIFACTS: `modules-${name}`,
    },
  });

/** Starts a coordinator of the job in the folder, whose workers others start. */
export const startCoordinator = (folder: string, port: number): JobRun =>
  startJob({
    folder,
    args: ['--listen', `127.0.0.1:${port}`, '--job-uid', jobUid, '--slots-per-worker', '1'],
  });

const start = (program: string, { folder, args = [], environment = {} }: JobRunSettings): JobRun => {
  const child = spawn(process.execPath, [...programOf(program), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: folder, ...environment },
  });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-keptCharacters);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  // A run of scenarios that ends early leaves nothing running.
  const killChild = (): void => void child.kill('SIGKILL');
  process.once('exit', killChild);
  let end: JobEnd | undefined;
  const ended = endOf(child).then((how) => {
    end = how;
    process.off('exit', killChild);
    return how;
  });
  return {
    processId: child.pid ?? 0,
    ended,
    get end() {
      return end;
    },
    text: () => text,
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
