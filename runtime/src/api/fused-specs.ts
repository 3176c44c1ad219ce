/** Turns map, filter and flatMap as an author writes them (a function, or an object with a life) into steps that fuse. */
import type { Emit, FusedStep } from '../batch/plan.ts';
import type {
  Collector,
  FilterFunction,
  FlatMapFunction,
  Lifecycle,
  MapFunction,
  NoPromise,
} from './functions.ts';
import type { TransformSpec } from './transform.ts';

type FusedSpec = Extract<TransformSpec, { kind: 'fused' }>;

const fused = (step: FusedStep, owner: unknown): FusedSpec =>
  typeof owner === 'function'
    ? { kind: 'fused', step }
    : { kind: 'fused', step, lifecycle: owner as Lifecycle };

export const mapSpec = <T, R>(map: MapFunction<T, R>): FusedSpec => {
  const call = typeof map === 'function' ? map : (value: T): R => map.map(value);
  return fused({ kind: 'map', function: call as (value: unknown) => unknown }, map);
};

export const filterSpec = <T>(filter: FilterFunction<T>): FusedSpec => {
  const call = typeof filter === 'function' ? filter : (value: T): boolean => filter.filter(value);
  return fused({ kind: 'filter', function: call as (value: unknown) => boolean }, filter);
};

/** One collector serves all records of a transform: it is pointed at the loop's `emit` before each call. */
class EmitCollector implements Collector<unknown> {
  target: Emit = () => undefined;

  emit(value: unknown, timestampMs?: number): void {
    this.target(value, timestampMs);
  }
}

export const flatMapSpec = <T, R>(flatMap: FlatMapFunction<T, R>): FusedSpec => {
  const call = (
    typeof flatMap === 'function'
      ? flatMap
      : (value: T, output: Collector<R>) => flatMap.flatMap(value, output)
  ) as (value: unknown, output: Collector<unknown>) => NoPromise;
  const collector = new EmitCollector();
  const step = (value: unknown, emit: Emit): NoPromise => {
    collector.target = emit;
    // Its result is handed on so that the loop can refuse a promise.
    return call(value, collector);
  };
  return fused({ kind: 'flatMap', function: step }, flatMap);
};
