import type { MapState, ValueState } from '../../api/state.ts';
import { mapState, valueState } from '../../api/state.ts';
import type { KeyedStore } from '../../state/keyed-store.ts';
import type { Span } from './layout.ts';

/** Records of a pane, where its function or evictor needs them all, in order of arrival. */
export interface KeptRecords {
  values: unknown[];
  timestamps: number[];
  arrivals: number[];
  ports: number[];
}

/**
 * One window of one key, as it lies in keyed state: a value of the value domain. It is named by its *namespace*, a number
 * that is unique among the windows of its key and also tells its timers apart.
 */
export interface Pane {
  startMs: number;
  endMs: number;
  /** One of the two, or none while the window is empty: its records, or the numbers and heap values of accumulators. */
  records: KeptRecords | undefined;
  accumulator: { numbers: number[]; heaps: unknown[] } | undefined;
  /** Value states of the trigger by name. */
  triggerValues: Map<string, unknown> | undefined;
  /** Reducing states of the trigger by name, as the parts that were not yet reduced. */
  triggerParts: Map<string, unknown[]> | undefined;
}

export const emptyPane = (window: Span): Pane => ({
  startMs: window.startMs,
  endMs: window.endMs,
  records: undefined,
  accumulator: undefined,
  triggerValues: undefined,
  triggerParts: undefined,
});

/** Windows with one end are told apart by fractions of it. */
const probeStep = 1 / 1024;

/** The panes of the key in hand. */
export class Panes {
  private readonly panes: MapState<number, Pane>;
  private readonly count: ValueState<number, number>;

  constructor(store: KeyedStore) {
    this.panes = store.register(mapState<number, Pane>('panes')) as MapState<number, Pane>;
    const count = valueState('paneCount', { default: 0, type: 'number' });
    this.count = store.register(count) as ValueState<number, number>;
  }

  get(namespace: number): Pane | undefined {
    return this.panes.get(namespace);
  }

  put(namespace: number, pane: Pane): void {
    this.panes.put(namespace, pane);
  }

  delete(namespace: number): void {
    this.panes.delete(namespace);
    if (this.panes.isEmpty()) this.count.clear();
  }

  /** The namespace of a window that never merges: its end, or a number close to it where several windows share an end. */
  namespaceOf(window: Span): number {
    if (window.endMs === Infinity) return 0;
    for (let namespace = window.endMs; ; namespace += probeStep) {
      const pane = this.panes.get(namespace);
      if (pane === undefined || (pane.startMs === window.startMs && pane.endMs === window.endMs))
        return namespace;
    }
  }

  /** A namespace that no pane of the key has had since the key last had none. */
  newNamespace(): number {
    const namespace = this.count.value() + 1;
    this.count.update(namespace);
    return namespace;
  }

  /**
   * The panes that share an instant with a window, by start. Those that only meet it stay apart: they may have fired before,
   * depending on how soon the watermark came.
   */
  touching(window: Span): { readonly namespace: number; readonly pane: Pane }[] {
    const touching: { namespace: number; pane: Pane }[] = [];
    for (const [namespace, pane] of this.panes.entries()) {
      if (pane.startMs < window.endMs && pane.endMs > window.startMs) touching.push({ namespace, pane });
    }
    return touching.sort((a, b) => a.pane.startMs - b.pane.startMs);
  }
}
