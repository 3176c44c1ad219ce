import type { OutputTag } from '../../api/output-tag.ts';
import type { StateAccess, StateDescriptor } from '../../api/state.ts';
import type { WindowContext, WindowFunction } from '../../api/transform.ts';
import type { TimeWindow } from '../../api/windows.ts';
import { MillraceError } from '../../contract/errors.ts';
import { KeyedStore } from '../../state/keyed-store.ts';
import type { Aggregation } from '../aggregation/compile.ts';
import type { ProcessorContext } from '../processor.ts';
import { RecordGuard } from '../record-guard.ts';
import { RecordOutputs } from '../record-outputs.ts';
import { refusePromise } from '../refuse-promise.ts';
import { closeLifecycle, createRuntimeContext, openLifecycle } from '../runtime-context.ts';
import type { FiredRows, PaneOutput } from './pane-output.ts';
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
    const { maxParallelism } = context;
    this.context = context;
    this.settings = settings;
    this.aggregation = aggregation;
    this.outputs = new RecordOutputs(context);
    this.globals = new KeyedStore({ maxParallelism, nowMs: () => context.nowMs() });
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
      this.globals.setCurrentKey(this.key, this.hash);
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
    return closeLifecycle(this.settings.function);
  }

  add({ columns, keys, rows, length, startsMs, endsMs }: FiredRows): void {
    for (let j = 0; j < length; j++) {
      const row = rows[j]!;
      const key = this.settings.keyed ? keys.keyAt(row) : undefined;
      const window = { startMs: startsMs[j]!, endMs: endsMs[j]! };
      this.call(key, keys.hashAt(row), window, window.endMs - 1, () =>
        this.valuesOf(key, window, columns, row),
      );
    }
  }

  /** Calls the function for one window. `read` gives its values; what it throws counts as a failure of the function. */
  call(
    key: unknown,
    hash: number,
    window: TimeWindow,
    timestampMs: number,
    read: () => readonly unknown[],
  ): void {
    const { guard, outputs, panes } = this;
    this.key = key;
    this.hash = hash;
    this.window = window;
    outputs.timestampMs = timestampMs;
    if (this.usesGlobals) this.globals.setCurrentKey(key, hash);
    panes.select(key, window);
    guard.begin();
    let values: readonly unknown[] | undefined;
    try {
      values = read();
      const returned: unknown = this.settings.function.process(values, this, outputs);
      if (returned !== undefined) refusePromise(returned, this.context.transformName, 'process');
      guard.commit();
    } catch (error) {
      guard.fail(error, { key, window, values }, timestampMs);
    }
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
    this.panes.select(key, window);
    this.panes.clear();
  }

  exportKeyGroup(keyGroup: number): readonly [Uint8Array | undefined, Uint8Array | undefined] {
    return [this.globals.exportKeyGroup(keyGroup), this.panes.exportKeyGroup(keyGroup)];
  }

  importKeyGroup(keyGroup: number, globals: Uint8Array | undefined, panes: Uint8Array | undefined): void {
    if (globals !== undefined) this.globals.importKeyGroup(keyGroup, globals);
    if (panes !== undefined) this.panes.importKeyGroup(panes);
  }

  dropKeyGroup(keyGroup: number): void {
    this.globals.dropKeyGroup(keyGroup);
    this.panes.dropKeyGroup(keyGroup);
  }

  /** What the function is given: of built-in aggregates one record as it would be emitted, of a fold its result. */
  private valuesOf(
    key: unknown,
    window: TimeWindow,
    columns: FiredRows['columns'],
    row: number,
  ): readonly unknown[] {
    const { aggregation } = this;
    if (aggregation.kind === 'collect') return aggregation.result(columns, row) as readonly unknown[];
    if (aggregation.kind !== 'builtIn') return [aggregation.result(columns, row)];
    const record: Record<string, unknown> = this.settings.keyed ? { key } : {};
    record['windowStart'] = window.startMs;
    record['windowEnd'] = window.endMs;
    aggregation.addResults(record, columns, row);
    return [record];
  }
}
