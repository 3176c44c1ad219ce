import type { OutputTag } from '../../api/output-tag.ts';
import type { StateAccess, StateDescriptor } from '../../api/state.ts';
import type { WindowContext, WindowFunction } from '../../api/transform.ts';
import type { TimeWindow } from '../../api/windows.ts';
import type { KeyedSnapshot, SnapshotRequest } from '../../checkpoint/snapshot-unit.ts';
import { MillraceError } from '../../contract/errors.ts';
import { KeyedStore } from '../../state/keyed-store.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import type { ProcessorContext } from '../processor.ts';
import { RecordGuard } from '../record-guard.ts';
import { RecordOutputs } from '../record-outputs.ts';
import { refusePromise } from '../refuse-promise.ts';
import { closeLifecycle, createRuntimeContext, openLifecycle } from '../runtime-context.ts';
import { FunctionSnapshot, FunctionState } from './function-snapshot.ts';
import { packState, unpackState } from './packed-state.ts';
import { type FiredRows, type PaneOutput, resultTimestampMs } from './pane-output.ts';
import { PaneStates } from './pane-states.ts';

/** How a window function is called. */
export interface FunctionSettings {
  readonly function: WindowFunction<unknown, unknown, unknown>;
  readonly keyed: boolean;
  readonly latenessMs: number;
  /** Windows become one another: they can have no state of their own. */
  readonly merging: boolean;
}

/** Calls a window function for each window that fires, and is the context that it sees. One instance a subtask. */
export class FunctionOutput implements PaneOutput, WindowContext<unknown> {
  watermarkMs: number = -Infinity;
  key: unknown;
  window: TimeWindow = { startMs: 0, endMs: 0 };
  private readonly context: ProcessorContext;
  private readonly settings: FunctionSettings;
  private readonly aggregation: Aggregation;
  private readonly outputs: RecordOutputs;
  private readonly guard: RecordGuard;
  private readonly globals: KeyedStore;
  private readonly panes: PaneStates;
  /** Whether the function has state of keys: then the key is looked up for each call. */
  private usesGlobals: boolean;
  private readonly globalAccess: StateAccess;
  private hash = 0;

  constructor(settings: FunctionSettings, context: ProcessorContext, aggregation: Aggregation) {
    const { maxParallelism, memory: account } = context;
    this.context = context;
    this.settings = settings;
    this.aggregation = aggregation;
    this.outputs = new RecordOutputs(context);
    this.globals = new KeyedStore({ maxParallelism, nowMs: () => context.nowMs(), account });
    this.panes = new PaneStates(context.transformName, maxParallelism);
    this.guard = new RecordGuard(context.failures, this.outputs, [this.globals, this.panes]);
    const register = (descriptor: StateDescriptor): unknown => this.globals.register(descriptor);
    this.globalAccess = { state: register as StateAccess['state'] };
    this.usesGlobals = settings.function.open !== undefined;
  }

  get processingTimeMs(): number {
    return this.context.nowMs();
  }

  get globalState(): StateAccess {
    if (!this.usesGlobals) {
      this.usesGlobals = true;
      this.globals.setCurrentKey(this.storeKey(), this.hash);
    }
    return this.globalAccess;
  }

  get windowState(): StateAccess {
    if (!this.settings.merging) return this.panes;
    throw new MillraceError(
      'user-code',
      'A window function asks for state of single windows, but its windows merge.',
      {
        hint: 'Use globalState: it belongs to the key over all windows.',
        where: { transform: this.context.transformName },
      },
    );
  }

  emitTo<S>(tag: OutputTag<S>, value: S): void {
    this.outputs.emitTo(tag.name, value);
  }

  open(): Promise<void> {
    const runtime = createRuntimeContext(this.context, { keyed: this.globals });
    return openLifecycle(this.settings.function, runtime);
  }

  close(): Promise<void> {
    return closeLifecycle(this.settings.function, this.context.transformName);
  }

  add(fired: FiredRows): void {
    for (let j = 0; j < fired.length; j++) this.call(fired, j);
  }

  flush(): void {
    // Everything went out at once.
  }

  release(progressMs: number): void {
    this.panes.release(progressMs + 1 - this.settings.latenessMs);
  }

  /** Forgets the state of a window that is over. */
  clearWindow(key: unknown, window: TimeWindow): void {
    if (this.panes.size === 0) return;
    this.panes.select(this.settings.keyed ? key : undefined, window);
    this.panes.clear();
  }

  exportKeyGroup(keyGroup: number): Uint8Array | undefined {
    const parts = [this.globals.exportKeyGroup(keyGroup), this.panes.exportKeyGroup(keyGroup)];
    return packState({ arrivals: FunctionState.whole, parts });
  }

  snapshotKeyGroups(request: SnapshotRequest): KeyedSnapshot {
    return new FunctionSnapshot(
      this.globals.snapshotKeyGroups(request),
      this.panes.freeze(request.keyGroups),
    );
  }

  checkpointEnded(checkpointId: number, completed: boolean): void {
    this.globals.checkpointEnded(checkpointId, completed);
  }

  applyKeyGroup(keyGroup: number, bytes: Uint8Array): void {
    const { arrivals: kind, parts } = unpackState(bytes);
    const [globals, panes] = parts;
    if (kind === FunctionState.whole) this.dropKeyGroup(keyGroup);
    if (globals !== undefined) {
      this.usesGlobals = true;
      this.globals.applyChanges(keyGroup, globals);
    }
    if (panes === undefined) return;
    this.panes.dropKeyGroup(keyGroup);
    if (panes.length > 0) this.panes.importKeyGroup(panes);
  }

  dropKeyGroup(keyGroup: number): void {
    this.globals.dropKeyGroup(keyGroup);
    this.panes.dropKeyGroup(keyGroup);
  }

  /** Calls the function for one fired window. What reading its values throws counts as a failure of the function. */
  private call(fired: FiredRows, position: number): void {
    const { guard, outputs, panes, settings } = this;
    const row = fired.rows[position]!;
    this.key = settings.keyed ? fired.keys.keyAt(row) : undefined;
    this.hash = fired.keys.hashAt(row);
    this.window = { startMs: fired.startsMs[position]!, endMs: fired.endsMs[position]! };
    outputs.timestampMs = resultTimestampMs(fired, position);
    if (this.usesGlobals) this.globals.setCurrentKey(this.storeKey(), this.hash);
    panes.select(this.key, this.window, settings.keyed ? this.hash : undefined);
    guard.begin();
    let values: readonly unknown[] | undefined;
    try {
      values = this.valuesOf(fired.columns, row);
      const returned: unknown = settings.function.process(values, this, outputs);
      if (returned !== undefined) refusePromise(returned, this.context.transformName, 'process');
      guard.commit();
    } catch (error) {
      guard.fail(error, { key: this.key, window: this.window, values }, outputs.timestampMs);
    }
  }

  /** Windows without keys keep the state of all records under one. */
  private storeKey(): unknown {
    return this.settings.keyed ? this.key : 0;
  }

  /** What the function is given: of built-in aggregates one record as it would be emitted, of a fold its result. */
  private valuesOf(columns: FiredRows['columns'], row: number): readonly unknown[] {
    const { aggregation } = this;
    if (aggregation.kind === 'collect') return aggregation.result(columns, row) as readonly unknown[];
    if (aggregation.kind !== 'builtIn') return [aggregation.result(columns, row)];
    const record: Record<string, unknown> = this.settings.keyed ? { key: this.key } : {};
    record['windowStart'] = this.window.startMs;
    record['windowEnd'] = this.window.endMs;
    aggregation.addResults(record, columns, row);
    return [record];
  }
}
