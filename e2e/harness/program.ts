/**
 * `harness` starts the real programs that tests need: each on a free port of the loopback address, with a scratch folder of its own, ready
 * when `start…` resolves, and ended by its process id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

export interface ProgramSettings {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Standard output and error go there. */
  readonly logFile: string;
  /** Asked again and again until it says yes. */
  readonly ready: () => Promise<boolean>;
  readonly limitMs: number;
}

export interface Program {
  readonly processId: number;
  /** Sends the signal and waits for the end. Twice is harmless. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const lookMs = 20;

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });

const exitOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exited with ${signal ?? code}`));
  });

/**
 * Starts a program and waits until it is ready, watching its exit at the same time: a wait for a sign that never comes would hang.
 * @throws Error with the end of the log when it dies or is not ready within the limit.
 */
export const startProgram = async (settings: ProgramSettings): Promise<Program> => {
  const log = openSync(settings.logFile, 'a');
  const child = spawn(settings.command, settings.args, {
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], ...settings.environment },
  });
  closeSync(log);
  let ended: string | undefined;
  // A run of tests that ends early leaves nothing running.
  const killChild = (): void => void child.kill('SIGKILL');
  process.once('exit', killChild);
  const exit = exitOf(child).then((how) => {
    ended = how;
    process.off('exit', killChild);
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (ended === undefined) child.kill(signal);
    await exit;
  };
  const lastMs = performance.now() + settings.limitMs;
  while (!(await settings.ready())) {
    if (ended !== undefined || performance.now() > lastMs) {
      await end('SIGKILL');
      const text = readFileSync(settings.logFile, 'utf8').slice(-3000);
      throw new Error(`${settings.name} is not ready: ${ended}\n${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  return { processId: child.pid ?? 0, end };
};
