import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });

export const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.on('exit', (code) => resolve(code)));

/** Programs of Millrace, from source, in a folder of their own; what is left of them ends with the test. */
export class Processes {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'millrace-processes-'));
  log = '';
  private readonly children = new Map<string, ChildProcess>();

  constructor() {
    onTestFinished(() => {
      for (const child of this.children.values()) child.kill('SIGKILL');
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  start(name: string, program: string, variables: Readonly<Record<string, string>>): ChildProcess {
    const path = fileURLToPath(new URL(`../../src/bin/${program}.ts`, import.meta.url));
    const child = spawn(process.execPath, ['--conditions=millrace-source', path], {
      cwd: this.folder,
      env: { ...process.env, ...variables },
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

  signal(name: string, signal: 'SIGKILL' | 'SIGTERM'): void {
    this.children.get(name)?.kill(signal);
  }
}
