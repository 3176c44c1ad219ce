import { ByteReader, ByteWriter, decodeValue, encodeValue } from '../../../src/batch/codec.ts';
import { MetricGroup } from '../../../src/telemetry/metrics.ts';
import type { SlotHandle, SubtaskReport } from '../../../src/worker/slot-handle.ts';

/** A message as it comes out of a link at the other end. */
export const sent = <T>(message: T): T => {
  const writer = new ByteWriter();
  encodeValue(message, writer);
  return decodeValue(new ByteReader(writer.toBytes())) as T;
};

/** A slot that notes what it is told. */
export class NotingSlot implements SlotHandle {
  readonly loading = Promise.withResolvers<void>();
  readonly ready = this.loading.promise;
  readonly opening = Promise.withResolvers<void>();
  readonly cancelling = Promise.withResolvers<void>();
  readonly told: unknown[] = [];
  records = 0;
  readonly open = (...words: unknown[]) => {
    this.note('open')(...words);
    return this.opening.promise;
  };
  readonly preload = async (...words: unknown[]) => this.note('preload')(...words);
  readonly start = this.note('start');
  readonly addSplit = this.note('addSplit');
  readonly noMoreSplits = this.note('noMoreSplits');
  readonly inject = this.note('inject');
  readonly acceptState = this.note('acceptState');
  readonly stop = this.note('stop');
  readonly drain = this.note('drain');
  readonly checkpointEnded = this.note('checkpointEnded');
  readonly release = this.note('release');
  readonly cancel = () => {
    this.note('cancel')();
    return this.cancelling.promise;
  };
  answer = Promise.withResolvers<Uint8Array>();
  readonly ask = (...words: unknown[]) => {
    this.note('ask')(...words);
    return this.answer.promise;
  };
  readonly metrics = () => new MetricGroup().snapshot();
  readonly report = () => [{ task: 0, recordsIn: this.records } as SubtaskReport];

  private note(name: string) {
    return (...words: unknown[]): void => void this.told.push([name, ...words]);
  }
}
