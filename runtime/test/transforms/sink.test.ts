import { describe, expect, it } from 'vitest';
import type { ConnectorContext, Sink, SinkWriter, TwoPhaseSinkWriter } from '../../src/api/connectors.ts';
import type { Batch } from '../../src/batch/batch.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import type { Processor } from '../../src/transforms/processor.ts';
import { createSinkProcessor } from '../../src/transforms/sink.ts';
import { batchOf, type FakeContext, fakeContext } from './support.ts';

class Writer implements SinkWriter {
  readonly log: string[] = [];
  room = true;

  write(batch: Batch): void {
    this.log.push(`write ${batch.rows().join()}`);
  }

  hasRoom(): boolean {
    return this.room;
  }

  async flush(): Promise<void> {
    await Promise.resolve();
    this.log.push('flush');
  }

  close(): void {
    this.log.push('close');
  }
}

const sinkOf = (createWriter: Sink<unknown>['createWriter']): Sink<unknown> => ({
  kind: 'test',
  delivery: 'none',
  createWriter,
});

const sinkProcessor = (
  createWriter: Sink<unknown>['createWriter'],
  context: FakeContext = fakeContext({ transformName: 'store' }),
): Processor => createSinkProcessor({ kind: 'sink', sink: sinkOf(createWriter) }, context);

const batch = batchOf([{ value: 1 }, { value: 2 }]);

const errorOf = async (action: () => unknown): Promise<MillraceError> => {
  try {
    await action();
  } catch (error) {
    if (MillraceError.is(error)) return error;
  }
  throw new Error('There was no error of the right kind.');
};

describe('a sink', () => {
  it('writes, flushes and closes in the order of the task', async () => {
    const writer = new Writer();
    const context = fakeContext();
    const processor = sinkProcessor(() => writer, context);
    await processor.open?.();
    processor.process(batch, 0);
    await processor.flush?.();
    await processor.close?.();
    expect(writer.log).toEqual(['write 1,2', 'flush', 'close']);
    expect(context.metrics.snapshot().counters).toEqual({ numRecordsSend: 2, numRecordsSendErrors: 0 });
  });

  it('waits for a writer that is made asynchronously and knows its place', async () => {
    let seen: ConnectorContext | undefined;
    const writer = new Writer();
    const context = fakeContext({ subtask: 1, parallelism: 3 });
    const processor = sinkProcessor(async (given) => {
      await Promise.resolve();
      seen = given;
      return writer;
    }, context);
    await processor.open?.();
    processor.process(batch, 0);
    expect(writer.log).toEqual(['write 1,2']);
    expect([seen?.subtask, seen?.parallelism, seen?.attempt]).toEqual([1, 3, 1]);
    seen?.wake();
    expect(context.wakes()).toBe(1);
  });

  it('takes no input while its writer has no room', async () => {
    const writer = new Writer();
    const processor = sinkProcessor(() => writer);
    await processor.open?.();
    expect(processor.hasRoom?.()).toBe(true);
    writer.room = false;
    expect(processor.hasRoom?.()).toBe(false);
  });

  it('always has room when its writer does not say', async () => {
    const processor = sinkProcessor(() => ({
      write: () => undefined,
      flush: () => undefined,
      close: () => undefined,
    }));
    await processor.open?.();
    expect(processor.hasRoom?.()).toBe(true);
  });

  it('closes once, and quietly when it was never opened', async () => {
    const writer = new Writer();
    const opened = sinkProcessor(() => writer);
    await opened.open?.();
    await opened.close?.();
    await opened.close?.();
    expect(writer.log).toEqual(['close']);
    await expect(sinkProcessor(() => writer).close?.()).resolves.toBeUndefined();
  });
});

/** A writer whose prepared transactions become durable when the test says so. */
class TwoPhaseWriter extends Writer implements TwoPhaseSinkWriter<unknown> {
  readonly durable: PromiseWithResolvers<void>[] = [];
  private written = 0;

  override write(batch: Batch): void {
    this.written += batch.length;
  }

  async prepare(checkpointId: number): Promise<readonly unknown[]> {
    const committable = { checkpointId, records: this.written };
    this.written = 0;
    const made = Promise.withResolvers<void>();
    this.durable.push(made);
    await made.promise;
    return committable.records === 0 ? [] : [committable];
  }
}

describe('a sink at a barrier', () => {
  const opened = async (writer: SinkWriter, checkpoints = true): Promise<Processor> => {
    const processor = sinkProcessor(() => writer, fakeContext({ transformName: 'store', checkpoints }));
    await processor.open?.();
    return processor;
  };
  const twoPhase = async () => {
    const writer = new TwoPhaseWriter();
    return { writer, processor: await opened(writer) };
  };

  it('of two phases seals at once what was written, and tells it when it is durable', async () => {
    const { writer, processor } = await twoPhase();
    processor.process(batch, 0);
    let told: unknown;
    const prepared = processor.prepare?.(1).then((committables) => {
      told = committables;
    });
    processor.process(batch, 0);
    processor.process(batch, 0);
    await Promise.resolve();
    expect(told).toBeUndefined();
    writer.durable[0]?.resolve();
    await prepared;
    expect(told).toEqual([{ checkpointId: 1, records: 2 }]);
  });

  it('of two phases gives what it has prepared again until a checkpoint with it is complete', async () => {
    const { writer, processor } = await twoPhase();
    const prepare = async (checkpointId: number): Promise<unknown> => {
      processor.process(batch, 0);
      const prepared = processor.prepare?.(checkpointId);
      writer.durable.at(-1)?.resolve();
      return prepared;
    };
    const one = { checkpointId: 1, records: 2 };
    const two = { checkpointId: 2, records: 2 };
    expect(await prepare(1)).toEqual([one]);
    processor.checkpointEnded?.(1, false);
    expect(await prepare(2)).toEqual([one, two]);
    expect(await prepare(3)).toEqual([one, two, { checkpointId: 3, records: 2 }]);
    processor.checkpointEnded?.(2, true);
    expect(await prepare(4)).toEqual([
      { checkpointId: 3, records: 2 },
      { checkpointId: 4, records: 2 },
    ]);
  });

  it('of two phases leaves what it has at the end to the last checkpoint', async () => {
    const { writer, processor } = await twoPhase();
    processor.process(batch, 0);
    await processor.flush?.();
    expect(writer.log).toEqual([]);
    const prepared = processor.prepare?.(9);
    writer.durable[0]?.resolve();
    expect(await prepared).toEqual([{ checkpointId: 9, records: 2 }]);
  });

  it('of two phases without checkpoints shows what it has at the end', async () => {
    const writer = new TwoPhaseWriter();
    const processor = await opened(writer, false);
    await processor.flush?.();
    expect(writer.log).toEqual(['flush']);
  });

  it('of one phase is done when all that was written is, one flush at a time', async () => {
    const flushes: PromiseWithResolvers<void>[] = [];
    const writer = Object.assign(new Writer(), {
      flush: () => {
        const made = Promise.withResolvers<void>();
        flushes.push(made);
        return made.promise;
      },
    });
    const processor = await opened(writer);
    const both = [processor.prepare?.(1), processor.prepare?.(2)];
    await new Promise((resolve) => void setImmediate(resolve));
    expect(flushes).toHaveLength(1);
    flushes[0]?.resolve();
    expect(await both[0]).toEqual([]);
    await new Promise((resolve) => void setImmediate(resolve));
    expect(flushes).toHaveLength(2);
    flushes[1]?.resolve();
    expect(await both[1]).toEqual([]);
  });

  it('ends the attempt when it cannot prepare, by its name and the checkpoint', async () => {
    const { writer, processor } = await twoPhase();
    const prepared = processor.prepare?.(3);
    writer.durable[0]?.reject(new Error('disk full'));
    expect((await errorOf(() => prepared)).message).toBe(
      'The sink “store” (test) failed to prepare checkpoint 3: disk full',
    );
  });

  it('refuses a committable that cannot be written into a checkpoint', async () => {
    const writer = Object.assign(new Writer(), { prepare: async () => [{ handle: () => 1 }] });
    const processor = await opened(writer);
    const error = await errorOf(() => processor.prepare?.(3));
    expect([error.code, error.where['transform']]).toEqual(['value-unsupported', 'store']);
  });
});

describe('a sink that fails', () => {
  const broken = (method: keyof SinkWriter): SinkWriter =>
    Object.assign(new Writer(), {
      [method]: () => {
        throw new Error('disk full');
      },
    });

  it('names the sink, its kind and what it was doing', async () => {
    const opening = sinkProcessor(() => Promise.reject(new Error('refused')));
    expect((await errorOf(() => opening.open?.())).message).toBe(
      'The sink “store” (test) failed to open: refused',
    );
    const writing = sinkProcessor(() => broken('write'));
    await writing.open?.();
    expect((await errorOf(() => writing.process(batch, 0))).message).toContain('failed to write: disk full');
    const flushing = sinkProcessor(() => broken('flush'));
    await flushing.open?.();
    expect((await errorOf(() => flushing.flush?.())).message).toContain('failed to flush: disk full');
    const closing = sinkProcessor(() => broken('close'));
    await closing.open?.();
    expect((await errorOf(() => closing.close?.())).message).toContain('failed to close: disk full');
  });

  it('keeps the code and the hint of an error of ours', async () => {
    const processor = sinkProcessor(() => {
      throw new MillraceError('job-invalid', 'No table.', { hint: 'Name a table.', where: { table: 't' } });
    });
    const error = await errorOf(() => processor.open?.());
    expect([error.code, error.hint, error.where]).toEqual([
      'job-invalid',
      'Name a table.',
      { table: 't', transform: 'store' },
    ]);
  });

  it('does not count records that were not written', async () => {
    const context = fakeContext();
    const processor = sinkProcessor(() => broken('write'), context);
    await processor.open?.();
    expect(() => processor.process(batch, 0)).toThrow(MillraceError);
    expect(context.metrics.snapshot().counters).toEqual({
      numRecordsSend: 0,
      numRecordsSendErrors: batch.length,
    });
  });
});
