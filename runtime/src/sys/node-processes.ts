import { spawn as spawnChild } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChildProcess, Processes, Program, ProgramEnd, ProgramRequest } from './processes.ts';

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

const start = ({ program, args, environment, directory, onOutput }: ProgramRequest): Program => {
  const words = program === undefined ? [...process.execArgv, ...args] : args;
  const child = spawnChild(program ?? process.execPath, words, {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8').on('data', onOutput);
  child.stderr.setEncoding('utf8').on('data', onOutput);
  const { promise: exited, resolve } = Promise.withResolvers<ProgramEnd>();
  child.on('error', (error) => resolve({ code: undefined, problem: error.message }));
  child.on('close', (code, signal) => {
    const problem = signal === null ? undefined : `it was ended by ${signal}`;
    resolve({ code: code ?? undefined, problem });
  });
  return {
    signal: (name) => void child.kill(name),
    onExit: (listener) => void exited.then(listener),
  };
};

const attach = (program: string, args: readonly string[]): Promise<ProgramEnd> => {
  const { promise: exited, resolve } = Promise.withResolvers<ProgramEnd>();
  const child = spawnChild(program, args, { stdio: 'inherit' });
  child.on('error', (error) => resolve({ code: undefined, problem: error.message }));
  child.on('exit', (code, signal) => {
    const problem = signal === null ? undefined : `it was ended by ${signal}`;
    resolve({ code: code ?? undefined, problem });
  });
  return exited;
};

export const nodeProcesses: Processes = { spawn, start, attach };
