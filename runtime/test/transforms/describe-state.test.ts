import { describe, expect, it } from 'vitest';
import { count, sum } from '../../src/api/aggregates.ts';
import type { KeyedProcessFunction, ProcessFunction, RuntimeContext } from '../../src/api/functions.ts';
import { listState, mapState, valueState } from '../../src/api/state.ts';
import type { TransformSpec, WindowSettings } from '../../src/api/transform.ts';
import { session, sliding, tumbling, type WindowAssigner } from '../../src/api/windows.ts';
import { describeKind, describeState } from '../../src/transforms/describe-state.ts';
import { createKeyedProcessProcessor } from '../../src/transforms/keyed-process.ts';
import { createProcessProcessor } from '../../src/transforms/process.ts';
import { fakeContext } from './support.ts';

const windowOf = (assigner: WindowAssigner, more: Partial<WindowSettings> = {}): TransformSpec => ({
  kind: 'window',
  window: {
    assigner,
    allowedLatenessMs: 0,
    aggregation: { kind: 'builtIn', aggregates: { n: count(), total: sum('x') } },
    keyed: true,
    ...more,
  } as WindowSettings,
});

describe('the state of a keyed function', () => {
  it('is what it asked for in open', async () => {
    const user = {
      open(context: RuntimeContext): void {
        context.state(valueState('total', { type: 'number', default: 0, ttl: { after: '1h' } }));
        context.state(mapState('seen', { renamedFrom: 'visited', version: 2, migrate: (value) => value }));
        context.listState(listState('offsets', { renamedFrom: 'positions' }));
        context.unionListState(listState('all'));
      },
      process(): void {},
    } as unknown as KeyedProcessFunction<unknown, unknown, unknown>;
    const spec = { kind: 'keyedProcess', function: user } as const;
    const processor = createKeyedProcessProcessor(spec, fakeContext());
    await processor.open?.();
    expect(describeState(spec, processor)).toEqual([
      { name: 'total', kind: 'value', type: 'number', fields: { timeToLive: '3600000ms' } },
      { name: 'seen', kind: 'map', fields: { version: '2' }, renamedFrom: 'visited', migrates: true },
      { name: 'offsets', kind: 'list-subtask', renamedFrom: 'positions' },
      { name: 'all', kind: 'union' },
    ]);
  });

  it('of a subtask is found under the name that it had', async () => {
    const open = async (name: string, renamedFrom?: string) => {
      let list: { get(): readonly unknown[]; add(value: unknown): void } | undefined;
      const user = {
        open(context: RuntimeContext): void {
          list = context.listState<unknown>(listState(name, { renamedFrom }));
        },
        process(): void {},
      } as unknown as ProcessFunction<unknown, unknown>;
      const processor = createProcessProcessor({ kind: 'process', function: user }, fakeContext());
      await processor.open?.();
      return {
        list: list as NonNullable<typeof list>,
        state: (processor as { subtaskState?: unknown }).subtaskState,
      };
    };
    type State = import('../../src/state/subtask-state.ts').SubtaskState;
    const [before, after] = [await open('positions'), await open('offsets', 'positions')];
    before.list.add(7);
    (after.state as State).import((before.state as State).export());
    expect(after.list.get()).toEqual([7]);
  });

  it('of a subtask has no versions', async () => {
    const user = {
      open: (context: RuntimeContext) => void context.listState(listState('offsets', { version: 2 })),
      process(): void {},
    } as unknown as ProcessFunction<unknown, unknown>;
    const processor = createProcessProcessor({ kind: 'process', function: user }, fakeContext());
    await expect(processor.open?.()).rejects.toThrow('such lists have no versions');
  });
});

describe('the state of other transforms follows from what they are', () => {
  it('of windows: how they are stored, which there are, and what of', () => {
    const fields = {
      windows: 'tumbling of event time, 10000ms every 10000ms from 0ms',
      contents: 'count, sum',
    };
    expect(describeState(windowOf(tumbling('10s')), undefined)).toEqual([
      { name: 'windows', kind: 'window', type: 'slices', fields },
    ]);
    const typeOf = (spec: TransformSpec): string | undefined => describeState(spec, undefined)[0]?.type;
    expect(typeOf(windowOf(session('10s')))).toBe('sessions');
    expect(typeOf(windowOf(sliding('10s', '1s'), { trigger: { kind: 'count', size: 3 } }))).toBe('panes');
  });

  it('of built-in aggregates: their kinds in order', () => {
    const spec = {
      kind: 'aggregate',
      aggregates: { total: sum('x'), n: count() },
    } as unknown as TransformSpec;
    expect(describeState(spec, undefined)).toEqual([
      { name: 'aggregates', kind: 'aggregating', fields: { contents: 'sum, count' } },
    ]);
  });

  it('of a connector: its kind', () => {
    expect(describeKind({ kind: 'source', source: { kind: 'files' } } as TransformSpec)).toBe('source files');
    expect(describeKind({ kind: 'sink', sink: { kind: 'print' } } as TransformSpec)).toBe('sink print');
    expect(describeKind(windowOf(tumbling('1s')))).toBe('window');
  });
});
