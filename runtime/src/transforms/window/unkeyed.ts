import { ByteReader, ByteWriter, decodeValue, encodeValue } from '../../batch/codec.ts';
import { keyGroupOf } from '../../state/key-groups.ts';
import type { SubtaskStateSnapshot } from '../../state/subtask-state.ts';
import type { Processor } from '../processor.ts';
import { onlyHash } from './batch-keys.ts';

const stateName = 'windows';

const encodeItem = (bytes: Uint8Array): Uint8Array => {
  const writer = new ByteWriter();
  encodeValue(bytes, writer);
  return writer.toBytes();
};

/**
 * Windows over all records have one subtask and no key groups of their own: what they hold under the one key that stands for all is
 * state of the subtask.
 */
export const withSubtaskState = (processor: Processor, maxParallelism: number): Processor => {
  const keyGroup = keyGroupOf(onlyHash, maxParallelism);
  return Object.assign(processor, {
    exportSubtaskState: (): readonly SubtaskStateSnapshot[] => {
      const bytes = processor.exportKeyGroup?.(keyGroup);
      return bytes === undefined ? [] : [{ kind: 'list', name: stateName, items: [encodeItem(bytes)] }];
    },
    importSubtaskState: (states: readonly SubtaskStateSnapshot[]): void => {
      for (const item of states.find(({ name }) => name === stateName)?.items ?? []) {
        processor.importKeyGroup?.(keyGroup, decodeValue(new ByteReader(item)) as Uint8Array);
      }
    },
  });
};
