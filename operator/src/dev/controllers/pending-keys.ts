/**
 * `controllers` are those of a cluster without which the operator could not live: replica sets make pods, and what an owner owned goes
 * with it. Each *key* names what has to be looked at again; all looking is from scratch, a little after something has changed.
 */
import type { Timers } from '../../../../runtime/src/sys/system.ts';

/** Keys that wait to be looked at: each once, however often it is marked, and never inside of the change that marks it. */
export class PendingKeys {
  private readonly keys = new Set<string>();
  private readonly timers: Timers;
  private readonly delayMs: number;
  private readonly look: (key: string) => void;
  private isStopped = false;

  constructor(timers: Timers, delayMs: number, look: (key: string) => void) {
    this.timers = timers;
    this.delayMs = delayMs;
    this.look = look;
  }

  mark(key: string): void {
    if (this.keys.size === 0) this.timers.after(this.delayMs, () => this.lookAtAll());
    this.keys.add(key);
  }

  stop(): void {
    this.isStopped = true;
  }

  private lookAtAll(): void {
    const keys = [...this.keys];
    this.keys.clear();
    for (const key of keys) if (!this.isStopped) this.look(key);
  }
}
