import type {
  ReducingStateDescriptor,
  StateDescriptor,
  ValueState,
  ValueStateDescriptor,
} from '../../api/state.ts';
import type { TriggerContext } from '../../api/triggers.ts';
import type { KeyedStore } from '../../state/keyed-store.ts';
import { createPaneHandle, type PaneCursor, type PaneValues } from './pane-state-handles.ts';
import type { Pane } from './panes.ts';

interface ReducingHandle<T> {
  get(): T | undefined;
  add(value: T): void;
  clear(): void;
}

/** The parts of a reducing state of the pane in hand; reduced when read. */
class PartsHandle implements ReducingHandle<unknown> {
  private readonly context: PaneTriggerContext;
  private readonly name: string;
  private readonly reduce: (left: unknown, right: unknown) => unknown;

  constructor(context: PaneTriggerContext, { name, reduce }: ReducingStateDescriptor<unknown>) {
    this.context = context;
    this.name = name;
    this.reduce = reduce;
  }

  get(): unknown {
    const parts = this.context.pane.triggerParts?.get(this.name);
    if (parts === undefined || parts.length === 0) return undefined;
    while (parts.length > 1) parts.splice(0, 2, this.reduce(parts[0], parts[1]));
    return parts[0];
  }

  add(value: unknown): void {
    const { pane } = this.context;
    pane.triggerParts ??= new Map();
    const parts = pane.triggerParts.get(this.name);
    if (parts === undefined || parts.length === 0) pane.triggerParts.set(this.name, [value]);
    else parts[0] = this.reduce(this.get(), value);
  }

  clear(): void {
    this.context.pane.triggerParts?.delete(this.name);
  }
}

/** What a trigger sees; one instance a subtask, brought to the pane before each call. */
export class PaneTriggerContext implements TriggerContext, PaneCursor {
  pane!: Pane;
  watermarkMs: number = -Infinity;
  processingTimeMs: number = -Infinity;
  /** The input has ended: windows without end register no further timers, which would go on for ever. */
  hasEnded: boolean = false;
  private namespace = 0;
  private readonly store: KeyedStore;
  private readonly handles: Map<string, unknown> = new Map();

  constructor(store: KeyedStore) {
    this.store = store;
  }

  /** Takes a pane of the key in hand. */
  select(namespace: number, pane: Pane): void {
    this.namespace = namespace;
    this.pane = pane;
  }

  registerEventTimeTimer(timestampMs: number): void {
    const endless = this.pane.endMs === Infinity && this.watermarkMs === Infinity;
    if (!endless) this.store.eventTimers.register(timestampMs, this.namespace);
  }

  registerProcessingTimeTimer(timestampMs: number): void {
    if (!this.hasEnded) this.store.processingTimers.register(timestampMs, this.namespace);
  }

  deleteEventTimeTimer(timestampMs: number): void {
    this.store.eventTimers.delete(timestampMs, this.namespace);
  }

  deleteProcessingTimeTimer(timestampMs: number): void {
    this.store.processingTimers.delete(timestampMs, this.namespace);
  }

  state<T, Absent>(descriptor: ValueStateDescriptor<T, Absent>): ValueState<T, Absent> {
    const { name } = descriptor;
    const known = this.handles.get(name) ?? createPaneHandle(this, descriptor as StateDescriptor);
    this.handles.set(name, known);
    return known as ValueState<T, Absent>;
  }

  reducing<T>(descriptor: ReducingStateDescriptor<T>): ReducingHandle<T> {
    const name = `reducing ${descriptor.name}`;
    const known =
      this.handles.get(name) ?? new PartsHandle(this, descriptor as ReducingStateDescriptor<unknown>);
    this.handles.set(name, known);
    return known as ReducingHandle<T>;
  }

  read(): PaneValues | undefined {
    return this.pane.triggerValues;
  }

  write(): PaneValues {
    this.pane.triggerValues ??= new Map();
    return this.pane.triggerValues;
  }
}
