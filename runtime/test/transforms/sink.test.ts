import { describe, expect, it } from 'vitest';
import type { ConnectorContext, Sink, SinkWriter } from '../../src/api/connectors.ts';
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
    expect(context.metrics.snapshot().counters).toEqual({ numRecordsWritten: 2 });
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
    expect(context.metrics.snapshot().counters).toEqual({ numRecordsWritten: 0 });
  });
});
