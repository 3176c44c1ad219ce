import { expect, it } from 'vitest';
import { openStateObject } from '../../src/checkpoint/state-object-reader.ts';
import { collect, piece, StateRig, subtaskState, text } from './state-rig.ts';

/** Objects of format version 1 as they were written: they must be read by every later version. Never changed. */
const objects = [
  [
    'compressed',
    'TVJTVEFURQEotS/9AEiFAABQYWJjeAIDb25lAAEA9nRDAwVjb3VudAhncsO2w590ZQVpdGVtcwEZQwGiiAC0AwAAAw' +
      'A8AQF/AAECAAICAAYvAAAA0Z0OhwFNUlNUQVRF',
    { indexOffset: 33, indexBytes: 63, sizeBytes: 96 },
  ],
  [
    'stored',
    'TVJTVEFURQFhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYmNhYm' +
      'N4AgNvbmUAAwVjb3VudAhncsO2w590ZQVpdGVtcwFDQwCqTsPpAwAAAwA8AQF/AAECAAICAAYvAAAA86m1LgFNUlNU' +
      'QVRF',
    { indexOffset: 75, indexBytes: 63, sizeBytes: 138 },
  ],
] as const;

it.each(objects)('an object of format version 1 is read for ever: %s', async (_, base64, place) => {
  const rig = new StateRig();
  await rig.store.put('a', new Uint8Array(Buffer.from(base64, 'base64')));
  const object = await openStateObject(rig.reading, { key: 'a', ...place });
  expect(await collect(object.read(() => true))).toEqual([
    piece('count', 3, 'whole', text('abc'.repeat(20))),
    piece('größte', 127, 'changes', text('x')),
    subtaskState('list', 'count', 2, ['one', '']),
  ]);
});
