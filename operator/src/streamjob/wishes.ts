import { canonicalText } from '../../../runtime/src/contract/canonical-text.ts';
import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import { reasonOf } from '../../../runtime/src/contract/reason.ts';
import type { CoordinatorWish } from './decide/plan.ts';
import type { Refusal } from './observed.ts';

/** A wish that has shown no effect is said again after this. */
const againAfterMs = 5000;
const refusedAgainAfterMs = 1000;

/** One wish that was said. */
interface Said {
  dueMs: number;
  refusal?: Refusal;
}

/** What passes by itself: the job is in the middle of something else, or the coordinator does not answer. */
const passes = (error: unknown): boolean =>
  !MillraceError.is(error) || error.code === 'conflict' || error.code === 'io';

/**
 * What coordinators were asked lately. Plans say what is wanted as long as it is not so; a coordinator that was told need not hear
 * it at every look. Losing this costs one more question.
 */
export class Wishes {
  private readonly known = new Map<string, Map<string, Said>>();

  /** Whether to say it now. */
  isDue(job: string, revision: string, wish: CoordinatorWish, nowMs: number): boolean {
    return (this.known.get(job)?.get(textOf(revision, wish))?.dueMs ?? 0) <= nowMs;
  }

  /** It is said. */
  said(job: string, revision: string, wish: CoordinatorWish, nowMs: number): void {
    const said = this.known.get(job) ?? new Map<string, Said>();
    const text = textOf(revision, wish);
    for (const [other, { dueMs }] of said) if (dueMs <= nowMs && other !== text) said.delete(other);
    said.set(text, { ...said.get(text), dueMs: nowMs + againAfterMs });
    this.known.set(job, said);
  }

  taken(job: string, revision: string, wish: CoordinatorWish): void {
    delete this.known.get(job)?.get(textOf(revision, wish))?.refusal;
  }

  /** It was not taken: what passes by itself is said again sooner, and of anything else the reason is kept. */
  refused(job: string, revision: string, wish: CoordinatorWish, error: unknown): void {
    const said = this.known.get(job)?.get(textOf(revision, wish));
    if (said === undefined) return;
    if (passes(error)) said.dueMs += refusedAgainAfterMs - againAfterMs;
    else said.refusal = { revision, operation: wish.operation, reason: reasonOf(error) };
  }

  /** What was refused of the wishes that are still said. */
  refusals(job: string): readonly Refusal[] {
    return [...(this.known.get(job)?.values() ?? [])].flatMap(({ refusal }) => refusal ?? []);
  }

  /** When something that was said may be said again; undefined = nothing was. */
  againMs(job: string, nowMs: number): number | undefined {
    const times = [...(this.known.get(job)?.values() ?? [])].flatMap(({ dueMs }) =>
      dueMs > nowMs ? [dueMs] : [],
    );
    return times.length === 0 ? undefined : Math.min(...times) - nowMs;
  }

  forget(job: string): void {
    this.known.delete(job);
  }
}

const textOf = (revision: string, wish: CoordinatorWish): string => `${revision} ${canonicalText(wish)}`;
