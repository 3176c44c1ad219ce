import type {
  Committer,
  ConnectorContext,
  Sink,
  SinkWriter,
  TwoPhaseSink,
  TwoPhaseSinkWriter,
} from '../api/connectors.ts';
import { Batch } from '../batch/batch.ts';
import { assertSupported, cloneValue } from '../batch/values.ts';
import { MillraceError } from '../contract/errors.ts';
import { createLogger } from '../telemetry/logger.ts';
import { MetricGroup } from '../telemetry/metrics.ts';
import { settle } from './settle.ts';
import { createTestSystem, type TestSystem } from './test-system.ts';

export interface SinkHarnessOptions {
  readonly machine?: TestSystem;
  readonly baseDirectory?: string;
  readonly subtask?: number;
  readonly parallelism?: number;
  readonly attempt?: number;
  /** Default: true for a two-phase sink. What a two-phase sink writes is then visible only once it is committed. */
  readonly checkpoints?: boolean;
}

const isTwoPhase = (sink: Sink<never>): sink is TwoPhaseSink<never, unknown> => 'createCommitter' in sink;

/** One writer of a sink, driven by a test through what the runtime does with it. */
export class SinkHarness<T, Committable> {
  readonly machine: TestSystem;
  readonly metrics: MetricGroup;
  private readonly writer: SinkWriter;
  private readonly committer: Committer<Committable> | undefined;
  private readonly failures: readonly unknown[];

  constructor(
    machine: TestSystem,
    writer: SinkWriter,
    committer: Committer<Committable> | undefined,
    context: { readonly metrics: MetricGroup; readonly failures: readonly unknown[] },
  ) {
    this.machine = machine;
    this.writer = writer;
    this.committer = committer;
    this.metrics = context.metrics;
    this.failures = context.failures;
  }

  /** Whether the sink takes more now. */
  get hasRoom(): boolean {
    return this.writer.hasRoom?.() ?? true;
  }

  /** Writes one batch. */
  async write(values: readonly T[], timestampMs: number = NaN): Promise<void> {
    this.writer.write(Batch.ofRows(values, new Float64Array(values.length).fill(timestampMs)));
    await this.settle();
  }

  /** Moves the clock: for sinks that write at intervals. */
  async advanceTime(byMs: number): Promise<void> {
    this.machine.advance(byMs);
    await this.settle();
  }

  /** Makes everything written visible, as at the end of a job. */
  async flush(): Promise<void> {
    await this.writer.flush();
    await this.settle();
  }

  /**
   * The first phase: what was written becomes durable and not visible. Gives the committables as a later process would read
   * them from a checkpoint.
   * @throws MillraceError value-unsupported when a committable is not a plain value.
   */
  async prepare(checkpointId: number): Promise<readonly Committable[]> {
    const { prepare } = this.writer as TwoPhaseSinkWriter<Committable>;
    if (typeof prepare !== 'function') throw notTwoPhase();
    const committables = await prepare.call(this.writer, checkpointId);
    for (const committable of committables) assertSupported(committable, 'a committable');
    return committables.map(cloneValue);
  }

  /** The second phase. Called twice it must do no harm: do that in a test. */
  async commit(committables: readonly Committable[]): Promise<void> {
    for (const committable of committables) await this.requireCommitter().commit(committable);
  }

  /** Gives up what was prepared. */
  async abort(committables: readonly Committable[]): Promise<void> {
    for (const committable of committables) await this.requireCommitter().abort(committable);
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.committer?.close?.();
    await this.settle();
  }

  private async settle(): Promise<void> {
    await settle(this.machine);
    if (this.failures.length > 0) throw this.failures[0];
  }

  private requireCommitter(): Committer<Committable> {
    if (this.committer === undefined) throw notTwoPhase();
    return this.committer;
  }
}

const notTwoPhase = (): MillraceError =>
  new MillraceError('job-invalid', 'This sink has no two phases.', { hint: 'Call write and flush only.' });

/** Opens one writer of a sink, and its committer when it has two phases. */
export const createSinkHarness = async <T, Committable = never>(
  sink: Sink<T> | TwoPhaseSink<T, Committable>,
  options: SinkHarnessOptions = {},
): Promise<SinkHarness<T, Committable>> => {
  const machine = options.machine ?? createTestSystem();
  const { system } = machine;
  const failures: unknown[] = [];
  const context: ConnectorContext = {
    system,
    logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
    metrics: new MetricGroup(),
    transformName: sink.kind,
    baseDirectory: options.baseDirectory ?? '.',
    subtask: options.subtask ?? 0,
    parallelism: options.parallelism ?? 1,
    attempt: options.attempt ?? 1,
    owner: `test/${sink.kind}`,
    checkpoints: options.checkpoints ?? isTwoPhase(sink),
    wake: () => undefined,
    fail: (error) => void failures.push(error),
  };
  const writer = await sink.createWriter(context);
  const committer = isTwoPhase(sink) ? (sink.createCommitter(context) as Committer<Committable>) : undefined;
  return new SinkHarness(machine, writer, committer, { metrics: context.metrics, failures });
};
