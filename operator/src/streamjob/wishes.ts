import { canonicalText } from '../../../runtime/src/contract/canonical-text.ts';
import type { CoordinatorWish } from './decide/plan.ts';

/** A wish that has shown no effect is said again after this. */
const againAfterMs = 5000;
const refusedAgainAfterMs = 1000;

/**
 * What coordinators were asked lately. Plans say what is wanted as long as it is not so; a coordinator that was told need not hear
 * it at every look. Losing this costs one more question.
 */
export class Wishes {
  private readonly dueMs = new Map<string, Map<string, number>>();

  /** Whether to say it now; if so it counts as said. */
  isDue(job: string, revision: string, wish: CoordinatorWish, nowMs: number): boolean {
    const said = this.dueMs.get(job) ?? new Map<string, number>();
    const text = textOf(revision, wish);
    if ((said.get(text) ?? 0) > nowMs) return false;
    for (const [other, dueMs] of said) if (dueMs <= nowMs) said.delete(other);
    said.set(text, nowMs + againAfterMs);
    this.dueMs.set(job, said);
    return true;
  }

  /** It was not taken: it is said again sooner. */
  refused(job: string, revision: string, wish: CoordinatorWish): void {
    const said = this.dueMs.get(job);
    const text = textOf(revision, wish);
    const dueMs = said?.get(text);
    if (dueMs !== undefined) said?.set(text, dueMs - againAfterMs + refusedAgainAfterMs);
  }

  /** When something that was said may be said again; undefined = nothing was. */
  againMs(job: string, nowMs: number): number | undefined {
    const times = [...(this.dueMs.get(job)?.values() ?? [])].filter((dueMs) => dueMs > nowMs);
    return times.length === 0 ? undefined : Math.min(...times) - nowMs;
  }

  forget(job: string): void {
    this.dueMs.delete(job);
  }
}

const textOf = (revision: string, wish: CoordinatorWish): string => `${revision} ${canonicalText(wish)}`;
