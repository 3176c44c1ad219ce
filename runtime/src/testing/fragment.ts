import type { DataStream } from '../api/data-stream.ts';
import type { StreamEnvironment } from '../api/environment.ts';
import type { Lifecycle } from '../api/functions.ts';
import type { OutputTag } from '../api/output-tag.ts';
import { buildGraph } from '../artifact/load.ts';
import { Collected, collect } from '../connectors/collect/index.ts';
import { MillraceError } from '../contract/errors.ts';
import { allocateAlignment } from '../exchange/alignment-board.ts';
import { initialRouting } from '../exchange/routing-table.ts';
import type { PhysicalGraph } from '../graph/physical-graph.ts';
import type { DeadLetter, DeadLetterPolicy } from '../task/failures.ts';
import { SlotRuntime } from '../task/slot-runtime.ts';
import { noRemoteChannels } from '../task/slot-setup.ts';
import { createLogger } from '../telemetry/logger.ts';
import { MetricGroup } from '../telemetry/metrics.ts';
import { KeyedRecordProcessor } from '../transforms/keyed-record-processor.ts';
import type { Processor } from '../transforms/processor.ts';
import { EmittedRecords } from './emitted-records.ts';
import { KeptValues } from './kept-values.ts';
import { lifecycleOf } from './lifecycles.ts';
import { PushedInput } from './pushed-input.ts';
import type { TestSystem } from './test-system.ts';

export interface FragmentOptions {
  readonly args: Readonly<Record<string, string>>;
  readonly sideOutputs: readonly OutputTag<unknown>[];
  readonly deadLetterPolicy: DeadLetterPolicy;
  readonly checks: boolean;
}

/** One running transform of a fragment. */
export interface RunningTransform {
  readonly name: string;
  readonly processor: Processor;
}

type Build = (streams: readonly DataStream<unknown>[]) => DataStream<unknown>;

/** Every transform is a task of its own, so that everything that is emitted can be seen. */
const planSettings = { parallelism: 1, chaining: false } as const;

/** Part of a job in one slot, between inputs that a test pushes into and outputs that it reads. */
export class Fragment {
  readonly inputs: readonly PushedInput[];
  readonly main: Collected<unknown> = new Collected<unknown>();
  readonly sides: ReadonlyMap<string, Collected<unknown>>;
  readonly deadLetters: DeadLetter[] = [];
  readonly metrics: MetricGroup = new MetricGroup();
  readonly transforms: readonly RunningTransform[];
  readonly lifecycles: readonly Lifecycle[];
  /** What the fragment has failed with. */
  failure: unknown;
  ended = false;
  private readonly runtime: SlotRuntime;
  private readonly kept: KeptValues = new KeptValues();
  private readonly emitted: EmittedRecords = new EmittedRecords();

  constructor(machine: TestSystem, build: Build, inputs: number, options: FragmentOptions) {
    this.inputs = Array.from({ length: inputs }, () => new PushedInput());
    this.sides = new Map(options.sideOutputs.map(({ name }) => [name, new Collected<unknown>()]));
    const graph = this.plan(build, options);
    this.lifecycles = graph.tasks
      .flatMap((task) => task.chain.map(({ spec }) => lifecycleOf(spec)))
      .filter((lifecycle) => lifecycle !== undefined);
    this.runtime = this.createRuntime(machine, graph, options);
    this.transforms = this.runtime.subtasks.flatMap(({ links }) =>
      links.map(({ name, processor }) => ({ name, processor })),
    );
    if (options.checks) this.watch();
  }

  start(): Promise<void> {
    return this.runtime.start();
  }

  cancel(): Promise<void> {
    return this.runtime.cancel();
  }

  /** Between two calls of the test: what functions promised must hold. */
  endCall(): void {
    this.kept.endCall();
    this.emitted.endCall();
  }

  private plan(build: Build, { args, sideOutputs }: FragmentOptions): PhysicalGraph {
    const job = (env: StreamEnvironment): void => {
      const result = build(this.inputs.map((input, i) => input.stream(env, `input ${i + 1}`)));
      for (const { name } of sideOutputs) {
        result.sideOutput({ name }).sinkTo(collect(this.sides.get(name) as Collected<unknown>));
      }
      result.sinkTo(collect(this.main));
    };
    return buildGraph(job, args, planSettings);
  }

  private createRuntime(machine: TestSystem, graph: PhysicalGraph, options: FragmentOptions): SlotRuntime {
    const { system } = machine;
    return new SlotRuntime({
      system,
      logger: createLogger({ clock: system.clock, level: 'silent', json: false }),
      metrics: this.metrics,
      graph,
      slot: 0,
      jobName: 'harness',
      jobUid: undefined,
      args: options.args,
      baseDirectory: '.',
      attempt: 1,
      batchMode: false,
      deadLetterPolicy: options.deadLetterPolicy,
      deadLetters: (letter) => void this.deadLetters.push(letter),
      routing: initialRouting(1, graph.maxParallelism),
      remote: noRemoteChannels,
      alignment: allocateAlignment(graph),
      requestSplit: () => undefined,
      sendState: () => {
        throw new MillraceError('internal', 'A harness has one slot.');
      },
      onFinished: () => {
        this.ended = true;
      },
      onFailed: (error) => {
        this.failure = error;
        this.ended = true;
      },
    });
  }

  private watch(): void {
    for (const { links } of this.runtime.subtasks) {
      for (const { name, processor, emitters } of links) {
        if (processor instanceof KeyedRecordProcessor) this.kept.watch(processor.store, name);
        for (const emitter of emitters) this.emitted.watch(emitter, name);
      }
    }
  }
}
