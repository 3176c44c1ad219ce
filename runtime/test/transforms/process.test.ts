import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProcessFunction, RuntimeContext } from '../../src/api/functions.ts';
import { outputTag } from '../../src/api/output-tag.ts';
import { listState, type SubtaskListState, valueState } from '../../src/api/state.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { createProcessProcessor } from '../../src/transforms/process.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { drive, type FakeContext, fakeContext, type RecordIn } from './support.ts';

const big = outputTag<number>('big');

const open = async (
  user: ProcessFunction<number, unknown>,
  context: FakeContext = fakeContext(),
): Promise<Processor> => {
  const processor = createProcessProcessor(
    { kind: 'process', function: user as ProcessFunction<unknown, unknown> },
    context,
  );
  await processor.open?.();
  return processor;
};

const records = (...values: readonly number[]): RecordIn[] =>
  values.map((value) => ({ value, timestampMs: value * 10 }));

describe('what the function sees', () => {
  it('sees the event time of the record, the watermark and the clock', async () => {
    const seen: unknown[] = [];
    const context = fakeContext({ nowMs: 500 });
    const processor = await open(
      {
        process: (value, { timestampMs, watermarkMs, processingTimeMs }) => {
          seen.push([value, timestampMs, watermarkMs, processingTimeMs]);
        },
      },
      context,
    );
    drive(processor, context, [
      { value: 1, timestampMs: 10 },
      { value: 2 },
      { watermarkMs: 7 },
      { clockMs: 600 },
      { value: 3, timestampMs: 0 },
    ]);
    expect(seen).toEqual([
      [1, 10, -Infinity, 500],
      [2, undefined, -Infinity, 500],
      [3, 0, 7, 600],
    ]);
  });

  it('gets the same context and the same collector for every record', async () => {
    const seen = new Set<unknown>();
    const context = fakeContext();
    const processor = await open(
      { process: (_, record, output) => void seen.add(record).add(output) },
      context,
    );
    drive(processor, context, records(1, 2, 3), 2);
    expect(seen.size).toBe(2);
  });

  it('keeps its own this', async () => {
    class Doubler implements ProcessFunction<number, number> {
      private readonly factor = 2;
      process(value: number, _: unknown, output: { emit(value: number): void }): void {
        output.emit(value * this.factor);
      }
    }
    const context = fakeContext();
    drive(await open(new Doubler(), context), context, records(4));
    expect(context.main.values).toEqual([8]);
  });
});

describe('what it emits', () => {
  it('stamps results with the time of the record unless another is given', async () => {
    const context = fakeContext();
    const processor = await open(
      {
        process: (value, record, output) => {
          output.emit(value);
          output.emit(-value, 99);
          record.emitTo(big, value);
          record.emitTo(big, -value, 98);
        },
      },
      context,
    );
    drive(processor, context, [...records(1), { value: 2 }]);
    expect(context.main.records.map(({ timestampMs }) => timestampMs)).toEqual([10, 99, NaN, 99]);
    expect(context.sideOutput('big').records.map(({ timestampMs }) => timestampMs)).toEqual([
      10,
      98,
      NaN,
      98,
    ]);
  });

  it('sends to side outputs by name', async () => {
    const context = fakeContext();
    const processor = await open(
      {
        process: (value, record, output) => {
          if (value > 2) record.emitTo(outputTag('big'), value);
          else output.emit(value);
        },
      },
      context,
    );
    drive(processor, context, records(1, 3, 2, 4));
    expect(context.main.values).toEqual([1, 2]);
    expect([...context.sides.keys()]).toEqual(['big']);
    expect(context.sideOutput('big').values).toEqual([3, 4]);
  });

  it('refuses a value that cannot be a record at the first emit', async () => {
    const context = fakeContext({ transformName: 'bad' });
    const processor = await open({ process: (_, __, output) => output.emit({ at: /x/ }) }, context);
    expect(() => drive(processor, context, records(1))).toThrow(/bad/);
  });

  it('gives the same for every way of cutting batches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -5, max: 5 })), async (values) => {
        const outputs = [];
        for (const batchSize of [1, 2, 2048]) {
          const context = fakeContext({ policy: 'drop' });
          const processor = await open(
            {
              process: (value, record, output) => {
                for (let i = 0; i < value; i++) output.emit(value);
                record.emitTo(big, value);
                if (value === 0) throw new Error('zero');
              },
            },
            context,
          );
          drive(processor, context, records(...values), batchSize);
          outputs.push([context.main.records, context.sideOutput('big').records, context.failed.length]);
        }
        expect(outputs[1]).toEqual(outputs[0]);
        expect(outputs[2]).toEqual(outputs[0]);
      }),
    );
  });
});

describe('a record that fails', () => {
  const failing: ProcessFunction<number, number> = {
    process: (value, record, output) => {
      output.emit(value);
      record.emitTo(big, value);
      if (value % 2 === 0) throw new Error(`even: ${value}`);
      output.emit(value * 100);
    },
  };

  it('fails the job with the error where the policy says so', async () => {
    const context = fakeContext();
    const processor = await open(failing, context);
    expect(() => drive(processor, context, records(1, 2, 3))).toThrow('even: 2');
  });

  it('leaves nothing behind in any output, and the next record is processed', async () => {
    const context = fakeContext({ policy: 'drop' });
    drive(await open(failing, context), context, records(2, 1, 4, 3, 6));
    expect(context.main.values).toEqual([1, 100, 3, 300]);
    expect(context.sideOutput('big').values).toEqual([1, 3]);
    expect(context.failed.map(({ record, timestampMs }) => [record, timestampMs])).toEqual([
      [2, 20],
      [4, 40],
      [6, 60],
    ]);
  });

  it('takes back what it wrote to list state', async () => {
    let list: SubtaskListState<number> | undefined;
    const context = fakeContext({ policy: 'drop' });
    const processor = await open(
      {
        open: (runtime) => {
          list = runtime.listState(listState<number>('seen'));
        },
        process: (value) => {
          list?.add(value);
          if (value === 2) throw new Error('two');
        },
      },
      context,
    );
    drive(processor, context, records(1, 2, 3));
    expect(list?.get()).toEqual([1, 3]);
  });
});

describe('a function that returns a promise', () => {
  it('is refused by name with a pointer to asynchronous transforms, whatever the policy', async () => {
    const context = fakeContext({ policy: 'drop', transformName: 'waits' });
    const user = { process: async () => undefined } as unknown as ProcessFunction<number, unknown>;
    const processor = await open(user, context);
    let error: unknown;
    try {
      drive(processor, context, records(1));
    } catch (thrown) {
      error = thrown;
    }
    expect(MillraceError.is(error) && error.message).toContain('“process” of the transform “waits”');
    expect(MillraceError.is(error) && error.hint).toContain('mapAsync');
  });

  it('does not end the process when that promise rejects later', async () => {
    const context = fakeContext();
    const user = {
      process: () => Promise.reject(new Error('later')),
    } as unknown as ProcessFunction<number, unknown>;
    const processor = await open(user, context);
    expect(() => drive(processor, context, records(1))).toThrow('promise');
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('the life of the function', () => {
  it('waits for open and knows its place there', async () => {
    let seen: RuntimeContext | undefined;
    let ready = false;
    const context = fakeContext({ subtask: 2, parallelism: 4, args: { level: 'high' } });
    await open(
      {
        open: async (runtime) => {
          await Promise.resolve();
          seen = runtime;
          ready = true;
        },
        process: () => undefined,
      },
      context,
    );
    expect(ready).toBe(true);
    expect([seen?.subtask, seen?.parallelism, seen?.maxParallelism, seen?.attempt]).toEqual([2, 4, 128, 1]);
    expect([seen?.jobName, seen?.transformName, seen?.args]).toEqual([
      'test-job',
      'under-test',
      { level: 'high' },
    ]);
    expect(seen?.metrics).toBe(context.metrics);
  });

  it('names the transform when open fails', async () => {
    const user: ProcessFunction<number, unknown> = {
      open: () => Promise.reject(new Error('no model')),
      process: () => undefined,
    };
    await expect(open(user, fakeContext({ transformName: 'score' }))).rejects.toThrow(
      '“open” of the transform “score” failed: no model',
    );
  });

  it('closes the function', async () => {
    let closed = 0;
    const processor = await open({ close: () => void closed++, process: () => undefined });
    await processor.close?.();
    expect(closed).toBe(1);
  });

  it('refuses keyed state by name, since there is no key', async () => {
    const user: ProcessFunction<number, unknown> = {
      open: (runtime) => void runtime.state(valueState('count')),
      process: () => undefined,
    };
    await expect(open(user, fakeContext({ transformName: 'counts' }))).rejects.toThrow(
      'The transform “counts” asks for the keyed state “count”, but its input has no keys.',
    );
  });

  it('refuses by name to give out state after open', async () => {
    let runtime: RuntimeContext | undefined;
    const context = fakeContext();
    const processor = await open(
      {
        open: (given) => {
          runtime = given;
        },
        process: () => void runtime?.listState(listState('late')),
      },
      context,
    );
    expect(() => drive(processor, context, records(1))).toThrow(
      'asks for the state “late” after its open has ended',
    );
  });
});
