import type { System } from '../../src/sys/system.ts';
import { createTestSystem, type TestSystem } from '../../src/testing/index.ts';

/** A thread whose other side is the test. */
export class FakeThread {
  readonly test: TestSystem = createTestSystem();
  readonly posted: unknown[] = [];
  readonly spawned: unknown[] = [];
  terminated = false;
  private onMessage: (message: unknown) => void = () => undefined;
  private onExit: (problem: string | undefined) => void = () => undefined;

  /** A machine that has no other thread. */
  get system(): System {
    return {
      ...this.test.system,
      threads: {
        spawn: (entry, data, limits) => {
          this.spawned.push({ entry: entry.pathname.split('/').at(-1), data, limits });
          return {
            post: (message) => void this.posted.push(structuredClone(message)),
            onMessage: (listener) => {
              this.onMessage = listener;
            },
            onExit: (listener) => {
              this.onExit = listener;
            },
            terminate: () => {
              this.terminated = true;
              this.exit('it exited with code 1');
              return Promise.resolve();
            },
          };
        },
      },
    };
  }

  /** The thread says something. */
  say(message: unknown): void {
    this.onMessage(structuredClone(message));
  }

  /** The thread is gone. */
  exit(problem?: string): void {
    this.onExit(problem);
  }
}
