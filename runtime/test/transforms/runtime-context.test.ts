import { describe, expect, it } from 'vitest';
import type { Lifecycle, RuntimeContext } from '../../src/api/functions.ts';
import { listState, mapState, valueState } from '../../src/api/state.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { KeyedStore } from '../../src/state/keyed-store.ts';
import { SubtaskState } from '../../src/state/subtask-state.ts';
import { closeLifecycle, createRuntimeContext, openLifecycle } from '../../src/transforms/runtime-context.ts';
import { fakeContext } from './support.ts';

const items = listState<number>('items');

describe('the context that open gets', () => {
  it('gives list and union state also to functions that keep no other state', async () => {
    const opening = createRuntimeContext(fakeContext());
    await openLifecycle(
      {
        open: (runtime) => {
          runtime.listState(items).add(1);
          runtime.unionListState(listState<number>('all')).add(2);
        },
      },
      opening,
    );
    expect(
      opening.subtaskState.export().map(({ kind, name, items: held }) => [kind, name, held.length]),
    ).toEqual([
      ['list', 'items', 1],
      ['union', 'all', 1],
    ]);
  });

  it('gives what is in the state already, when the function starts from a snapshot', async () => {
    const before = new SubtaskState();
    before.listState(items).update([1, 2]);
    const after = new SubtaskState();
    after.import(before.export());
    let seen: readonly number[] = [];
    const lifecycle: Lifecycle = {
      open: (runtime) => {
        seen = runtime.listState(items).get();
      },
    };
    await openLifecycle(lifecycle, createRuntimeContext(fakeContext(), { subtask: after }));
    expect(seen).toEqual([1, 2]);
  });

  it('gives the same handle for the same keyed state', async () => {
    const keyed = new KeyedStore({ maxParallelism: 128, nowMs: () => 0 });
    const opening = createRuntimeContext(fakeContext(), { keyed });
    await openLifecycle(
      {
        open: (runtime) => {
          expect(runtime.state(mapState('map'))).toBe(runtime.state(mapState('map')));
          expect(runtime.state(valueState('value'))).not.toBe(runtime.state(mapState('map')));
        },
      },
      opening,
    );
  });

  it('gives state after an await in open, and none after open has ended', async () => {
    let kept: RuntimeContext | undefined;
    await openLifecycle(
      {
        open: async (runtime) => {
          await Promise.resolve();
          runtime.listState(items);
          kept = runtime;
        },
      },
      createRuntimeContext(fakeContext({ transformName: 'late' })),
    );
    for (const ask of [
      () => kept?.listState(items),
      () => kept?.unionListState(items),
      () => kept?.state(valueState('items')),
    ]) {
      expect(ask).toThrow('The transform “late” asks for the state “items” after its open has ended.');
    }
  });

  it('says what to do where there are no keys', () => {
    const opening = createRuntimeContext(fakeContext({ transformName: 'counts' }));
    try {
      opening.state(valueState('count'));
      expect.unreachable();
    } catch (error) {
      expect(MillraceError.is(error) && error.hint).toContain('keyBy');
      expect(MillraceError.is(error) && error.where).toEqual({ transform: 'counts', state: 'count' });
    }
  });
});

describe('opening and closing', () => {
  it('needs neither method', async () => {
    await openLifecycle({}, createRuntimeContext(fakeContext()));
    await closeLifecycle({}, 'counts');
  });

  it('keeps an error of ours as it is', async () => {
    const error = new MillraceError('resource', 'No room.');
    const opening = openLifecycle({ open: () => Promise.reject(error) }, createRuntimeContext(fakeContext()));
    await expect(opening).rejects.toBe(error);
  });

  it('keeps the cause of an error that is not, and its text when it is no Error', async () => {
    const cause = new Error('gone');
    const open = (thrown: unknown): Promise<void> =>
      openLifecycle({ open: () => Promise.reject(thrown) }, createRuntimeContext(fakeContext()));
    await expect(open(cause)).rejects.toMatchObject({ code: 'user-code', cause });
    await expect(open('plain text')).rejects.toThrow('failed: plain text');
  });

  it('tells of a close that fails as of an open, with what lies behind the error', async () => {
    const cause = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    await expect(closeLifecycle({ close: () => Promise.reject(cause) }, 'counts')).rejects.toMatchObject({
      code: 'user-code',
      message: '“close” of the transform “counts” failed: fetch failed: connect ECONNREFUSED',
      where: { transform: 'counts' },
      hint: "Correct the function's close, or catch what may fail in it.",
      cause,
    });
    const close = (): void => {
      throw cause;
    };
    await expect(closeLifecycle({ close }, 'counts')).rejects.toMatchObject({ cause });
  });

  it('keeps the this of the function', async () => {
    class Model implements Lifecycle {
      readonly log: string[] = [];
      open(): void {
        this.log.push('open');
      }
      close(): void {
        this.log.push('close');
      }
    }
    const model = new Model();
    await openLifecycle(model, createRuntimeContext(fakeContext()));
    await closeLifecycle(model, 'counts');
    expect(model.log).toEqual(['open', 'close']);
  });
});
