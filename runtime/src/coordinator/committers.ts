import type { Committer, CommitterContext, Sink, TwoPhaseSink } from '../api/connectors.ts';
import { MillraceError } from '../contract/errors.ts';
import { reasonOf } from '../contract/reason.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import { MetricGroup } from '../telemetry/metrics.ts';
import { ownerName } from '../transforms/owner.ts';
import type { JobCodeSurroundings, SinkCommittables } from './job-code.ts';
import { Retries } from './retries.ts';

const isTwoPhase = (sink: Sink<unknown>): sink is TwoPhaseSink<unknown, unknown> => 'createCommitter' in sink;

/** What a committer is asked for, as a message says it. */
interface Task {
  readonly what: string;
  readonly where: Readonly<Record<string, number>>;
  readonly hint: string;
}

/** A sink and what it is asked for: one thing after the other, and nothing behind one that failed. */
interface CommittedSink {
  readonly name: string;
  readonly kind: string;
  /** False = the job has it no more, and only what it has prepared is left. */
  readonly isOfJob: boolean;
  /** `jobUid`: for what another job has left. */
  readonly create: (jobUid?: string) => Committer<unknown>;
  committer?: Committer<unknown>;
  last: Promise<void>;
}

const failure = (
  { name, kind }: CommittedSink,
  { what, where, hint }: Task,
  error: unknown,
): MillraceError => {
  const known = MillraceError.is(error) ? error : undefined;
  return new MillraceError(
    known?.code ?? 'io',
    `The sink “${name}” (${kind}) cannot ${what}: ${reasonOf(error)}`,
    { cause: error, where: { ...known?.where, transform: name, ...where }, hint: known?.hint ?? hint },
  );
};

const sinkKey = (uid: string, kind: string): string => `${kind}/${uid}`;

const gone = ({ uid, kind, committables }: SinkCommittables, checkpointId: number): MillraceError =>
  new MillraceError(
    'job-invalid',
    `Checkpoint ${checkpointId} has prepared output of the sink “${uid}” (${kind}), and the job has no such sink any more.`,
    {
      hint: `Give the sink back, with this uid, until its output is committed: ${committables.length} transactions wait for it.`,
      where: { transform: uid, checkpoint: checkpointId },
    },
  );

/** The committers of a job's two-phase sinks, on this thread; each is made when it is first needed. */
export class Committers {
  private readonly sinks = new Map<string, CommittedSink>();
  private readonly surroundings: JobCodeSurroundings;
  private readonly retries: Retries;

  constructor(graph: PhysicalGraph, surroundings: JobCodeSurroundings) {
    this.surroundings = surroundings;
    this.retries = new Retries(surroundings.system.timers);
    for (const { name, uid = name, spec } of graph.tasks.flatMap(({ chain }) => chain)) {
      if (spec.kind !== 'sink' || !isTwoPhase(spec.sink)) continue;
      const { sink } = spec;
      const create = (jobUid?: string): Committer<unknown> =>
        sink.createCommitter(this.contextOf(name, uid, jobUid));
      this.add(uid, sink.kind, { name, isOfJob: true, create });
    }
  }

  commit(checkpointId: number, sinks: readonly SinkCommittables[]): Promise<void> {
    return this.each(checkpointId, sinks, 'commit', (committer, committable) =>
      committer.commit(committable),
    );
  }

  abort(checkpointId: number, sinks: readonly SinkCommittables[]): Promise<void> {
    return this.each(checkpointId, sinks, 'abort', (committer, committable) => committer.abort(committable));
  }

  async abortOlder(attempt: number, jobUid?: string): Promise<void> {
    const task: Task = {
      what: `remove what attempts before ${attempt} have left behind`,
      where: { attempt },
      hint: 'See that its target can be reached. What is committed is not touched.',
    };
    await Promise.all(
      [...this.sinks.values()].map((sink) =>
        this.enqueue(sink, () =>
          this.perform(sink, task, async (own) => {
            if (!sink.isOfJob) return;
            const committer = jobUid === undefined ? own : sink.create(jobUid);
            try {
              await committer.abortOlder?.(attempt);
            } finally {
              if (committer !== own) await committer.close?.();
            }
          }),
        ),
      ),
    );
  }

  /** Gives up what waits to be tried again, and closes all committers; the first failure is thrown at the end. */
  async close(): Promise<void> {
    this.retries.close();
    let first: MillraceError | undefined;
    for (const sink of this.sinks.values()) {
      try {
        await sink.committer?.close?.();
      } catch (error) {
        first ??= failure(
          sink,
          { what: 'close its committer', where: {}, hint: 'Correct its close().' },
          error,
        );
      }
    }
    if (first !== undefined) throw first;
  }

  private async each(
    checkpointId: number,
    sinks: readonly SinkCommittables[],
    verb: 'commit' | 'abort',
    work: (committer: Committer<unknown>, committable: unknown) => Promise<void>,
  ): Promise<void> {
    const task: Task = {
      what: `${verb} what checkpoint ${checkpointId} has prepared`,
      where: { checkpoint: checkpointId },
      hint: `See that its target can be reached. Nothing is lost: it is tried again when the job starts again.`,
    };
    await Promise.all(
      sinks.map((prepared) => {
        const sink = this.sinkOf(prepared, checkpointId);
        return this.enqueue(sink, async () => {
          for (const committable of prepared.committables) {
            await this.perform(sink, task, (committer) => work(committer, committable));
          }
        });
      }),
    );
  }

  /** What a sink has left that the job has no more is committed by the connector alone, where it is one of ours. */
  private sinkOf(prepared: SinkCommittables, checkpointId: number): CommittedSink {
    const { uid, kind } = prepared;
    const known = this.sinks.get(sinkKey(uid, kind));
    if (known !== undefined) return known;
    const committer = this.surroundings.committerOfKind?.(kind, this.contextOf(uid, uid));
    if (committer === undefined) throw gone(prepared, checkpointId);
    return this.add(uid, kind, { name: uid, isOfJob: false, create: () => committer });
  }

  private add(uid: string, kind: string, sink: Omit<CommittedSink, 'kind' | 'last'>): CommittedSink {
    const added: CommittedSink = { ...sink, kind, last: Promise.resolve() };
    this.sinks.set(sinkKey(uid, kind), added);
    return added;
  }

  private contextOf(
    name: string,
    uid: string,
    jobUid: string | undefined = this.surroundings.jobUid,
  ): CommitterContext {
    const { system, logger, baseDirectory } = this.surroundings;
    return {
      system,
      logger,
      metrics: new MetricGroup(),
      baseDirectory,
      transformName: name,
      owner: ownerName({ ...this.surroundings, jobUid }, uid),
    };
  }

  private enqueue(sink: CommittedSink, work: () => Promise<void>): Promise<void> {
    sink.last = sink.last.then(work);
    // Whoever has asked hears of it.
    sink.last.catch(() => undefined);
    return sink.last;
  }

  /** Asks until it is done, which is tried again where time may help. */
  private async perform(
    sink: CommittedSink,
    task: Task,
    work: (committer: Committer<unknown>) => Promise<void>,
  ): Promise<void> {
    try {
      await this.retries.run(() => {
        sink.committer ??= sink.create();
        return work(sink.committer);
      });
    } catch (error) {
      throw failure(sink, task, error);
    }
  }
}
