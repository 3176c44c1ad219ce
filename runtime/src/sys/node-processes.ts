import { spawn as spawnChild } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChildProcess, Processes } from './processes.ts';

const spawn = (entry: URL, environment: Readonly<Record<string, string>>): ChildProcess => {
  const child = spawnChild(process.execPath, [...process.execArgv, fileURLToPath(entry)], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const { promise: exited, resolve } = Promise.withResolvers<string | undefined>();
  child.on('error', (error) => resolve(error.message));
  child.on('exit', (code, signal) => {
    if (signal !== null) resolve(`it was ended by ${signal}`);
    else resolve(code === 0 ? undefined : `it exited with code ${code}`);
  });
  return {
    pid: child.pid,
    kill: () => void child.kill('SIGKILL'),
    onExit: (listener) => void exited.then(listener),
  };
};

export const nodeProcesses: Processes = { spawn };
