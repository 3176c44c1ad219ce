import type { LookupSettings } from '../api/joins.ts';
import type { TransformSpec } from '../api/transform.ts';
import { hashValue } from '../batch/hash.ts';
import { KeyIndex } from '../state/key-index.ts';
import type { Outcome, PooledCall } from './async/call-pool.ts';
import type { InFlight } from './async/in-flight.ts';
import { InFlightProcessor } from './async/in-flight-processor.ts';
import { LookupCache, notCached } from './async/lookup-cache.ts';
import type { Processor, ProcessorContext } from './processor.ts';
import { refusePromise } from './refuse-promise.ts';

/** A key that is being looked up, and the records that wait for it. */
interface Load {
  readonly row: number;
  readonly waiting: Set<InFlight>;
  call: PooledCall | undefined;
}

/**
 * Enriches records from outside, in order. A key that is cached costs no call; one that is being loaded is not asked for
 * again. A load that fails, fails the records that waited for it, and the next record of the key tries anew.
 */
class LookupProcessor extends InFlightProcessor {
  private readonly lookup: LookupSettings;
  private readonly cache: LookupCache;
  /** Loads under way, by the row of their key. */
  private readonly loading = new KeyIndex();
  private readonly loads: (Load | undefined)[] = [];
  private readonly loadOf = new Map<InFlight, Load>();

  constructor(lookup: LookupSettings, context: ProcessorContext) {
    super(context, { ...lookup, order: 'ordered', lifecycle: lookup.lifecycle ?? {} });
    this.lookup = lookup;
    this.cache = new LookupCache(
      lookup.cacheSize,
      lookup.cacheForMs,
      context.memory.open({ state: 'cache' }),
    );
  }

  protected start(element: InFlight): void {
    try {
      const key = this.lookup.key(element.value);
      refusePromise(key, this.context.transformName, 'key');
      const hash = hashValue(key);
      const found = this.cache.find(key, hash, this.context.nowMs());
      if (found === notCached) {
        this.await(element, key, hash);
        return;
      }
      element.results = found;
    } catch (error) {
      element.failure = { error };
    }
    this.complete(element);
  }

  protected cancel(element: InFlight): void {
    const load = this.loadOf.get(element);
    if (load === undefined) return;
    this.loadOf.delete(element);
    load.waiting.delete(element);
    if (load.waiting.size > 0) return;
    load.call?.cancel();
    this.free(load);
  }

  protected emitResults(element: InFlight): void {
    const joined = this.lookup.join(element.value, element.results);
    refusePromise(joined, this.context.transformName, 'join');
    this.outputs.emit(joined);
  }

  /** Lets the record wait for the load of its key, which is started if it is not under way. */
  private await(element: InFlight, key: unknown, hash: number): void {
    const row = this.loading.findOrInsert(key, hash);
    let load = this.loads[row];
    if (load === undefined) {
      const started: Load = { row, waiting: new Set(), call: undefined };
      this.loads[row] = started;
      started.call = this.pool.run(
        (signal) => this.lookup.load(key, signal),
        (outcome) => this.loaded(started, key, hash, outcome),
      );
      load = started;
    }
    load.waiting.add(element);
    this.loadOf.set(element, load);
  }

  private loaded(load: Load, key: unknown, hash: number, outcome: Outcome): void {
    this.free(load);
    const { system } = this.context;
    if (outcome.kind === 'result') this.cache.put(key, hash, outcome.value, system.clock.nowMs());
    for (const element of load.waiting) {
      this.loadOf.delete(element);
      if (outcome.kind === 'result') element.results = outcome.value;
      else element.failure = { error: outcome.error };
      this.complete(element);
    }
  }

  private free({ row }: Load): void {
    this.loads[row] = undefined;
    this.loading.remove(row);
  }
}

export const createLookupProcessor = (
  spec: Extract<TransformSpec, { kind: 'lookup' }>,
  context: ProcessorContext,
): Processor => new LookupProcessor(spec.lookup, context);
