import type { SourceReader } from '../api/connectors.ts';
import type { TransformNode, TransformSpec } from '../api/transform.ts';
import type { SlotRestore, SourcePosition, TaskWatermark } from '../checkpoint/slot-snapshot.ts';
import type { KeyGroupUnit } from '../checkpoint/snapshot-unit.ts';
import { oneBatchBytes, overtakenBytes, sortedBytes } from '../contract/memory-budget.ts';
import { AlignmentBoard } from '../exchange/alignment-board.ts';
import type { Barrier } from '../exchange/element.ts';
import type { Task, TaskEdge } from '../graph/physical-graph.ts';
import { uidOf } from '../graph/stateful.ts';
import { ownerName } from '../transforms/owner.ts';
import type { FailureHandler, ProcessorContext } from '../transforms/processor.ts';
import { buildChain } from './build-chain.ts';
import type { Chain } from './chain.ts';
import { ColumnGarbage } from './column-garbage.ts';
import { DeadLetterBox } from './dead-letter-box.ts';
import { describeStates } from './describe-states.ts';
import type { EdgeOutput } from './edge-output.ts';
import { createFailureHandler, type DeadLetterOutput, inputFailure } from './failures.ts';
import type { SubtaskInput } from './input.ts';
import { InputGate } from './input-gate.ts';
import { KeyGroupMoves, type MovedState } from './key-group-moves.ts';
import { lateRecordsOf } from './late-records.ts';
import { latencyRecorder } from './latency-recorder.ts';
import { MovingInput } from './moving-input.ts';
import { restoreInFlight } from './restore-in-flight.ts';
import { Slot } from './slot.ts';
import { endingAfter, SlotDisk } from './slot-disk.ts';
import { SlotMemory } from './slot-memory.ts';
import type { SlotSetup } from './slot-setup.ts';
import { SlotSnapshots } from './slot-snapshots.ts';
import { type SourceAlignment, SourceInput } from './source-input.ts';
import { restoreSubtaskState, StateLoading } from './state-loading.ts';
import { newStatistics, type SubtaskStatistics } from './statistics.ts';
import { Subtask } from './subtask.ts';
import { SlotWiring } from './wiring.ts';

const isKeyed = (task: Task): boolean =>
  task.inputs.flat().some(({ partitioning }) => partitioning.kind === 'hash');

type SourceSpec = Extract<TransformSpec, { kind: 'source' }>;

/** A source of this slot, by task. */
interface SlotSource {
  readonly input: SourceInput;
  readonly reader: SourceReader<unknown>;
}

/** One slot with everything in it: what the coordinator (through the worker) talks to. */
export class SlotRuntime {
  readonly slot: Slot;
  readonly subtasks: readonly Subtask[];
  /** Where values of state go that memory has no room for; absent = memory has to do. */
  readonly disk: SlotDisk | undefined;
  private readonly setup: SlotSetup;
  private readonly wiring: SlotWiring;
  private readonly board: AlignmentBoard;
  private readonly memory: SlotMemory;
  private readonly columnGarbage: ColumnGarbage;
  /** Position in `subtasks` by task index. */
  private readonly positions = new Map<number, number>();
  private readonly sources = new Map<number, SlotSource>();
  /** Under checkpoints, by task. */
  private readonly letterBoxes = new Map<number, DeadLetterBox>();
  private readonly snapshots: SlotSnapshots | undefined;
  private watermarks: readonly TaskWatermark[] = [];
  private readonly loading: StateLoading;

  constructor(setup: SlotSetup) {
    this.setup = setup;
    this.columnGarbage = new ColumnGarbage(setup.system.memory);
    this.snapshots =
      setup.snapshots &&
      new SlotSnapshots({
        slot: setup.slot,
        clock: setup.system.clock,
        output: setup.snapshots,
        describeStates: () => describeStates(setup.graph, this.subtasks),
        onGarbage: (bytes) => this.columnGarbage.addBytes(bytes),
        wake: () => this.slot.wakeBetween(),
        fail: (error) => this.slot.fail(error),
      });
    const latency = setup.metrics.histogram('mailboxLatencyMs');
    const events = setup.stateDisk === undefined ? setup : endingAfter(setup, () => this.disk);
    this.slot = new Slot(setup.system, events, setup.remote, setup.pulse, this.snapshots, latency);
    this.memory = new SlotMemory({ ...setup, budget: setup.memory, fail: (error) => this.slot.fail(error) });
    if (events !== setup)
      this.disk = new SlotDisk(setup, this.memory.accountOf('', 'local disk'), this.columnGarbage, (error) =>
        this.slot.fail(error),
      );
    this.board = new AlignmentBoard(setup.graph, setup.slot, setup.alignment);
    this.wiring = new SlotWiring(setup, (task) => this.wake(task));
    const tasks = setup.graph.tasks.filter((task) => setup.slot < task.parallelism);
    for (const [position, task] of tasks.entries()) this.positions.set(task.index, position);
    this.subtasks = tasks.map((task) => this.build(task));
    this.loading = new StateLoading(this.subtasks.flatMap(({ links }) => links));
  }

  /** Opens the functions, and takes in what they had before a restart but for the key groups: see `load`. */
  async open(restore?: SlotRestore): Promise<void> {
    this.memory.watch();
    await this.disk?.ready();
    if (restore !== undefined) this.restore(restore);
    await this.slot.open(this.subtasks);
  }

  /** Pieces of key groups of this slot, in order. Before `start`, and also before `open` where the slot is prepared ahead of time. */
  load(units: readonly KeyGroupUnit[]): void {
    this.loading.load(units);
  }

  /** Runs, and opens before that what is not open yet. */
  async start(): Promise<void> {
    await this.open();
    for (const watermark of this.watermarks) {
      this.subtasks.find(({ uid }) => uid === watermark.uid)?.restoreWatermark(watermark);
    }
    this.watermarks = [];
    await this.slot.start(this.subtasks);
  }

  /** Every subtask has ended, and what it wrote last is in a checkpoint or will be in none. */
  release(): void {
    this.slot.release();
  }

  /** The coordinator took more of what the slot's snapshots gave. */
  snapshotsHaveRoom(): void {
    this.slot.wakeBetween();
  }

  /** The checkpoint is in the log, or never will be. */
  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.snapshots?.checkpointEnded(checkpointId, completed);
    for (const subtask of this.subtasks) subtask.checkpointEnded(checkpointId, completed);
    if (!completed) for (const position of this.positions.values()) this.slot.wake(position);
  }

  /** Gives a split to the reader of a source task. */
  addSplit(task: number, split: unknown): void {
    this.sources.get(task)?.reader.addSplit(split);
    this.wake(task);
  }

  noMoreSplits(task: number): void {
    this.sources.get(task)?.reader.noMoreSplits();
    this.wake(task);
  }

  /** Records of a task of this slot that came too late, over all its transforms. */
  lateRecords(task: number): number {
    return lateRecordsOf(this.setup.graph.tasks[task], this.setup.metrics);
  }

  /** Puts a barrier behind what each source has read so far. In batch mode nothing is cut: what fails begins from the start. */
  inject(barrier: Barrier): void {
    const { checkpoint } = barrier;
    if (checkpoint !== undefined) this.snapshots?.begin(checkpoint, this.subtasks);
    if (this.setup.batchMode) return;
    for (const [task, { input }] of this.sources) {
      input.inject(barrier);
      this.wake(task);
    }
    this.expect(barrier);
  }

  /** State of a key group that moves to this slot. */
  acceptState(state: MovedState): void {
    const position = this.positions.get(state.task);
    if (position === undefined) return;
    try {
      this.subtasks[position]?.acceptState(state);
    } catch (error) {
      // Not within a step: nobody above would fail the job.
      return this.slot.fail(error);
    }
    this.slot.wake(position);
  }

  /** Ends all sources after the records in hand; no watermark is invented. */
  stop(): void {
    this.endSources((input) => input.stop());
  }

  /** Ends all sources after the records in hand, as if their input were complete. */
  drain(): void {
    this.endSources((input) => input.drain());
  }

  async cancel(): Promise<void> {
    this.memory.close();
    await this.slot.cancel();
    await this.disk?.close();
  }

  /** What waits too long for its barrier lets it overtake; not in batch mode, and not for savepoints. */
  private expect(barrier: Barrier): void {
    const { alignmentTimeoutMs } = barrier.checkpoint ?? {};
    if (alignmentTimeoutMs === undefined) return;
    const atMs = this.setup.system.clock.nowMs() + alignmentTimeoutMs;
    for (const subtask of this.subtasks) {
      subtask.expect(barrier, atMs);
      this.wake(subtask.task);
    }
  }

  /** What belongs to the checkpoint under way is what it holds at its end, when it has seen no barrier before. */
  private endSubtask(subtask: Subtask | undefined, drained: boolean): void {
    if (subtask !== undefined) this.snapshots?.freeze(subtask);
    this.slot.subtaskEnded(drained);
  }

  private endSources(end: (input: SourceInput) => void): void {
    for (const [task, { input }] of this.sources) {
      end(input);
      this.wake(task);
    }
  }

  private restore(restore: SlotRestore): void {
    const { sources, watermarks, subtaskState } = restore;
    this.watermarks = watermarks;
    restoreInFlight(restore, this.setup, this.wiring.receivers);
    for (const { links } of this.subtasks) restoreSubtaskState(links, subtaskState);
    for (const position of sources) this.restoreSource(position);
  }

  private restoreSource({ uid, splits, watermarks }: SourcePosition): void {
    for (const [task, { input, reader }] of this.sources) {
      if (this.subtasks[this.positions.get(task) as number]?.uid !== uid) continue;
      input.restoreSplits(watermarks);
      for (const split of splits) reader.addSplit(split);
    }
  }

  private wake(task: number): void {
    const position = this.positions.get(task);
    if (position !== undefined) this.slot.wake(position);
  }

  private build(task: Task): Subtask {
    const { setup } = this;
    const statistics = newStatistics();
    const outputs = new Map<number, EdgeOutput>();
    if (setup.snapshots !== undefined && setup.deadLetterPolicy === 'deadLetter') {
      this.letterBoxes.set(task.index, new DeadLetterBox(`${setup.attempt}-${task.index}-${setup.slot}`));
    }
    for (const edge of task.outputs) {
      const failures = this.failures(task, this.edgeName(edge), statistics);
      outputs.set(edge.index, this.wiring.output(edge, failures.handle));
    }
    // The clock as read for the batch in hand; the subtask exists only after its chain.
    let subtask: Subtask | undefined;
    const nowMs = (): number => subtask?.nowMs ?? setup.system.clock.nowMs();
    const chain = buildChain(task, {
      outputs,
      recoverable: setup.deadLetterPolicy !== 'fail',
      batchMode: setup.batchMode,
      sortedBytes: sortedBytes(setup.memory),
      batchSizes: { records: setup.batchSize, bytes: setup.memory && oneBatchBytes(setup.memory) },
      context: (node) => this.context(task, node, statistics, nowMs),
    });
    const moves = this.moves(task, chain);
    subtask = new Subtask({
      task: task.index,
      name: task.name,
      uid: uidOf(task.chain[0] as TransformNode),
      slot: setup.slot,
      clock: setup.system.clock,
      columnGarbage: this.columnGarbage,
      input: this.input(task, statistics, moves, chain),
      chain,
      outputs: [...outputs.values()],
      statistics,
      moves,
      deadLetters: this.letterBoxes.get(task.index),
      onCheckpoint: (checkpoint, overtaken) =>
        subtask && this.snapshots?.barrier(checkpoint, this.subtasks, subtask, overtaken),
      overtakenLimit: {
        bytes: overtakenBytes(setup.graph.tasks.length, setup.memory),
        onRoom: () => this.wake(task.index),
      },
      onMarker: latencyRecorder(setup, task.name),
      onEnd: (drained) => this.endSubtask(subtask, drained),
    });
    return subtask;
  }

  /** An edge has no transform of its own: its function is told by the transform that it leads to. */
  private edgeName({ to, partitioning }: TaskEdge): string {
    const receiver = this.setup.graph.tasks[to]?.chain[0]?.name ?? '';
    return `${partitioning.kind === 'hash' ? 'key' : 'partitioner'} of ${receiver}`;
  }

  private failures(task: Task, name: string, statistics: SubtaskStatistics): FailureHandler {
    const { deadLetterPolicy, deadLetters } = this.setup;
    const box = this.letterBoxes.get(task.index);
    const output: DeadLetterOutput = box === undefined ? deadLetters : (letter) => box.accept(letter);
    return createFailureHandler(name, deadLetterPolicy, output, () => {
      statistics.deadLetters++;
    });
  }

  private context(
    task: Task,
    node: TransformNode,
    statistics: SubtaskStatistics,
    nowMs: () => number,
  ): Omit<ProcessorContext, 'output' | 'side'> {
    const { setup } = this;
    const uid = uidOf(node);
    return {
      system: setup.system,
      logger: setup.logger,
      metrics: setup.metrics.group(node.name),
      jobName: setup.jobName,
      transformName: node.name,
      uid,
      owner: ownerName(setup, uid),
      subtask: setup.slot,
      parallelism: task.parallelism,
      maxParallelism: setup.graph.maxParallelism,
      attempt: setup.attempt,
      checkpoints: setup.snapshots !== undefined,
      args: setup.args,
      baseDirectory: setup.baseDirectory,
      failures: this.failures(task, node.name, statistics),
      memory: this.memory.accountOf(task.name, node.name),
      disk: this.disk?.space,
      nowMs,
      wake: () => this.wake(task.index),
      fail: (error) => this.slot.fail(error),
    };
  }

  /** Only behind a keyed edge is there state that belongs to key groups. */
  private moves(task: Task, chain: Chain): KeyGroupMoves {
    const { setup } = this;
    return new KeyGroupMoves(
      { task: task.index, slot: setup.slot, parallelism: task.parallelism },
      isKeyed(task) ? chain.links.map((link) => link.processor) : [],
      setup.routing,
      (toSlot, state) => setup.sendState(toSlot, state),
    );
  }

  private input(task: Task, statistics: SubtaskStatistics, moves: KeyGroupMoves, chain: Chain): SubtaskInput {
    const node = task.chain[0] as TransformNode;
    if (node.spec.kind === 'source') return this.source(task, node, node.spec, statistics);
    const gate = new InputGate(this.wiring.inputs(task));
    const [head] = chain.links;
    if (head === undefined || !isKeyed(task)) return gate;
    return new MovingInput(gate, moves, head.processor, this.setup.graph.maxParallelism);
  }

  private alignment(task: Task, spec: SourceSpec): SourceAlignment | undefined {
    const { alignment } = spec.watermarks;
    if (alignment === undefined) return undefined;
    return {
      report: (watermarkMs) => this.board.report(task.index, watermarkMs),
      drift: (watermarkMs) => watermarkMs - this.board.leastOf(alignment.group),
      mayRead: (watermarkMs) => watermarkMs <= this.board.leastOf(alignment.group) + alignment.maxDriftMs,
    };
  }

  private source(
    task: Task,
    node: TransformNode,
    spec: SourceSpec,
    statistics: SubtaskStatistics,
  ): SourceInput {
    const { setup } = this;
    const failures = this.failures(task, node.name, statistics);
    const input = new SourceInput({
      uid: uidOf(node),
      marks: task.index,
      watermarks: spec.watermarks,
      failures,
      onlyFinalWatermark: setup.batchMode,
      batchSize: setup.batchSize,
      alignment: this.alignment(task, spec),
    });
    const reader = spec.source.createReader({
      ...this.context(task, node, statistics, () => setup.system.clock.nowMs()),
      requestSplit: () => setup.requestSplit(task.index),
      split: (splitId) => input.split(splitId),
      deadLetter: (record, reason, where) => failures.handle(inputFailure(reason, where), record, NaN),
    });
    input.attach(reader);
    this.sources.set(task.index, { input, reader });
    return input;
  }
}
