import type { Source, SourceReader, SourceReaderContext, SplitOutput } from '../api/connectors.ts';
import type { DataStream } from '../api/data-stream.ts';
import type { StreamEnvironment } from '../api/environment.ts';
import type { ProcessFunction } from '../api/functions.ts';
import { customWatermarks } from '../api/watermarks.ts';
import { MillraceError } from '../contract/errors.ts';

/** What a test puts into an input, in order. A watermark travels as a record, so that it is seen at once and in its place. */
type Pushed =
  | { readonly kind: 'record'; readonly value: unknown; readonly timestampMs: number }
  | { readonly kind: 'watermark'; readonly timeMs: number }
  | { readonly kind: 'idle' };

/** Takes the record out of what was pushed. */
const unwrap = (): ProcessFunction<Pushed, unknown> => ({
  process: (pushed, _context, output) =>
    pushed.kind === 'record' ? output.emit(pushed.value, pushed.timestampMs) : undefined,
});

/** One input of the fragment under test: a source that gives what the test has pushed. */
export class PushedInput {
  private readonly queue: Pushed[] = [];
  private context: SourceReaderContext<Pushed> | undefined;
  private ended = false;

  /** The stream of the pushed values, with the timestamps and watermarks that were pushed. */
  stream(env: StreamEnvironment, name: string): DataStream<unknown> {
    const watermarks = customWatermarks<Pushed>(() => ({
      onRecord: (pushed, _timestampMs, output) =>
        pushed.kind === 'watermark' ? output.emitWatermark(pushed.timeMs) : undefined,
      onPeriodic: () => undefined,
    }));
    return env.fromSource(this.source(), watermarks, { name }).process(unwrap());
  }

  push(pushed: Pushed): void {
    this.queue.push(pushed);
    this.context?.wake();
  }

  /** Ends the input; the last watermark is +∞. */
  end(): void {
    this.ended = true;
    this.context?.wake();
  }

  private source(): Source<Pushed> {
    return {
      kind: 'pushed',
      boundedness: 'endless',
      createEnumerator: () => {
        throw new MillraceError('internal', 'The inputs of a harness have no enumerator.');
      },
      createReader: (context) => this.reader(context),
    };
  }

  private reader(context: SourceReaderContext<Pushed>): SourceReader<unknown> {
    this.context = context;
    let output: SplitOutput<Pushed> | undefined;
    return {
      open: () => {
        output = context.split('pushed');
      },
      addSplit: () => undefined,
      noMoreSplits: () => undefined,
      poll: () => {
        const pushed = this.queue.shift();
        if (pushed === undefined) return this.ended ? 'end' : 'waiting';
        if (pushed.kind === 'idle') output?.markIdle();
        else output?.emit(pushed, 0);
        return 'more';
      },
      snapshot: () => [],
      close: () => undefined,
    };
  }
}
