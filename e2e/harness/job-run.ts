import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../runtime/src/bin/millrace.ts', import.meta.url));

/** How a process ended: by itself with a code, or by a signal. */
export interface JobEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `millrace run job.yaml` in a process of its own. */
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

const keptCharacters = 100_000;

const endOf = (child: ChildProcess): Promise<JobEnd> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

/** Starts the job whose manifest is `job.yaml` in the folder. */
export const startJob = ({ folder, args = [], environment = {} }: JobRunSettings): JobRun => {
  const child = spawn(
    process.execPath,
    ['--conditions=millrace-source', command, 'run', 'job.yaml', '--no-panel', ...args],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: folder, ...environment },
    },
  );
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
