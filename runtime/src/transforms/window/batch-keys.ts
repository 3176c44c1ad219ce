import type { Batch, BatchKeys } from '../../batch/batch.ts';
import { hashNumber } from '../../batch/hash.ts';

/** The hash of the key that stands for all where there is no keyBy. */
export const onlyHash: number = hashNumber(0);

const constantKeys = (length: number): BatchKeys => ({
  values: new Float64Array(length),
  hashes: new Uint32Array(length).fill(onlyHash),
});

/** The keys of a batch; without keyBy all records have the same one. */
export class BatchKeySource {
  private readonly keyed: boolean;
  private constant: BatchKeys = constantKeys(0);

  constructor(keyed: boolean) {
    this.keyed = keyed;
  }

  keysOf(batch: Batch): BatchKeys {
    if (this.keyed && batch.keys !== undefined) return batch.keys;
    if (this.constant.hashes.length < batch.length) this.constant = constantKeys(batch.length);
    return this.constant;
  }
}
