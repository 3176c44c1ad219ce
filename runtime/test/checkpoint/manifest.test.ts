import { expect, it } from 'vitest';
import { manifestSchema, readWatermark, writeWatermark } from '../../src/checkpoint/manifest.ts';
import { manifestOf } from './entries.ts';

const object = {
  key: 'state/1/7/0-0',
  checkpointId: 7,
  slot: 0,
  sizeBytes: 100,
  crc32: 0xffff_ffff,
  indexOffset: 60,
  indexBytes: 40,
  keyGroups: '0-31,40',
};

it('keeps everything through JSON', () => {
  const manifest = manifestOf(7, {
    objects: [object, { ...object, slot: 1, key: 'state/1/7/1-0', keyGroups: '' }],
    schemas: [{ uid: 'count', name: 'sum', kind: 'value', type: 'number' }],
    transforms: [{ uid: 'count', name: 'count', kind: 'process', task: 'count → print', parallelism: 2 }],
    sources: [
      {
        uid: 'in',
        enumerator: 'AAEC',
        readers: [{ subtask: 0, splits: ['AA=='], watermarks: [{ splitId: 'a', watermarkMs: 'end' }] }],
      },
      { uid: 'other', readers: [] },
    ],
    watermarks: [
      { uid: 'count', subtask: 0, links: [{ uid: 'count', watermarkMs: null }], outputMs: -5 },
      { uid: 'count', subtask: 1, links: [], outputMs: 'end' },
    ],
    sinks: [{ uid: 'out', kind: 'files', committables: [{ id: '0-7', checkpointId: 7, value: '' }] }],
  });
  expect(manifestSchema.parse(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
});

it.each([
  ['a field that nobody knows', { surprise: 1 }],
  ['an object elsewhere', { objects: [{ ...object, key: '../b/state/1/7/0-0' }] }],
  ['objects out of order', { objects: [{ ...object, slot: 1 }, object] }],
  ['key groups that are no ranges', { objects: [{ ...object, keyGroups: '0-' }] }],
  ['a checksum beyond 32 bits', { objects: [{ ...object, crc32: 2 ** 32 }] }],
  ['a checkpoint without a number', { checkpointId: 0 }],
  ['bytes that are no base64', { sources: [{ uid: 'in', enumerator: '*', readers: [] }] }],
])('refuses %s', (_what, changed) => {
  expect(manifestSchema.safeParse({ ...manifestOf(7), ...changed }).success).toBe(false);
});

it('writes event time without infinities', () => {
  for (const watermarkMs of [-Infinity, -1, 0, 5, Infinity])
    expect(readWatermark(JSON.parse(JSON.stringify(writeWatermark(watermarkMs))))).toBe(watermarkMs);
});
