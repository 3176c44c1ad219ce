/**
 * `control` is the server of the control API. `server.ts` listens, `application.ts` puts the routes of `contract/control/` on express,
 * `guard.ts` lets in who may ask, `event-stream.ts` pushes what happens. What is asked goes to a *job control*: whoever holds the job.
 */
import type { JobEvent } from '../../contract/control/events.ts';
import type { Operation, ReplyOf, RequestOf } from '../../contract/control/operations.ts';
import type { MetricScope } from '../../telemetry/prometheus.ts';

/** Who answers. A refusal is a MillraceError: its code decides about the status (see `contract/control/problem.ts`). */
export type Answers = {
  readonly [O in Operation]: (request: RequestOf<O>) => ReplyOf<O> | Promise<ReplyOf<O>>;
};

/** A job as the control API holds it. */
export interface JobControl extends Answers {
  /** Calls back at everything that happens from now on; the returned function ends it. */
  subscribe(listener: (event: JobEvent) => void): () => void;
  /** What is shown to Prometheus, at each scrape. */
  metrics(): readonly MetricScope[];
  /** Why the job cannot be relied on now; undefined = it can. */
  notReady(): string | undefined;
}
