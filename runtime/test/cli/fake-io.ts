import type { CommandIo, Terminal, Trouble } from '../../src/cli/command-io.ts';
import type { System } from '../../src/sys/system.ts';
import { TestSystem } from '../../src/testing/test-system.ts';
import { folderWith } from './call-command.ts';

export interface FakeIoOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly terminal?: Terminal;
  /** What is different about the machine. */
  readonly system?: (real: System) => Partial<System>;
}

/** A terminal and a process in memory around a command, in a folder that is gone after the test. */
export class FakeIo implements CommandIo {
  readonly machine = new TestSystem();
  readonly system: System;
  readonly workingDirectory: string;
  readonly environment: Record<string, string | undefined>;
  readonly terminal: Terminal | undefined;
  /** What was written to standard output, and to standard error. */
  printed = '';
  complained = '';
  private readonly interruptHandlers = new Set<() => void>();
  private readonly troubleHandlers = new Set<(trouble: Trouble) => void>();

  constructor({ files = {}, variables = {}, terminal, system = () => ({}) }: FakeIoOptions = {}) {
    this.system = { ...this.machine.system, ...system(this.machine.system) };
    this.workingDirectory = folderWith(files);
    this.environment = { ...variables };
    this.terminal = terminal;
  }

  setVariable(name: string, value: string): void {
    this.environment[name] = value;
  }

  out(text: string): void {
    this.printed += text;
  }

  error(text: string): void {
    this.complained += text;
  }

  onInterrupt(handler: () => void): () => void {
    this.interruptHandlers.add(handler);
    return () => void this.interruptHandlers.delete(handler);
  }

  onTrouble(handler: (trouble: Trouble) => void): () => void {
    this.troubleHandlers.add(handler);
    return () => void this.troubleHandlers.delete(handler);
  }
}

/** An error as the operating system makes it: its stack has no line of a job, nor of a test. */
export const systemError = (code: string, more: Readonly<Record<string, unknown>> = {}): Error =>
  Object.assign(new Error(`${code}: it went wrong`), { code, syscall: 'write', stack: code, ...more });
