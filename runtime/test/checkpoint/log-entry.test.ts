import { expect, it } from 'vitest';
import { asCheckpointId } from '../../src/checkpoint/ids.ts';
import {
  decodeLogEntry,
  decodeSavepoint,
  type EntryBody,
  encodeLogEntry,
  encodeSavepoint,
  type LogEntry,
} from '../../src/checkpoint/log-entry.ts';
import { sealText } from '../../src/checkpoint/sealed-text.ts';
import { checksum, entryOf, jobUid, manifestOf } from './entries.ts';

const found = { store: 'memory', key: 'jobs/a1b2/log/3' };
const decode = (bytes: Uint8Array): LogEntry => decodeLogEntry(bytes, { jobUid, number: 3 }, found, checksum);
const encode = (entry: LogEntry): Uint8Array => encodeLogEntry(entry, checksum);

const bodies: readonly EntryBody[] = [
  { kind: 'claim' },
  { kind: 'manifest', manifest: manifestOf(7) },
  { kind: 'committed', checkpointId: asCheckpointId(7), sinks: [{ uid: 'out', ids: ['0-7'] }] },
  { kind: 'handOver', from: 'green', to: 'blue', cut: 2 },
  { kind: 'released', handOver: 2 },
  { kind: 'promoted', handOver: 2 },
  { kind: 'rolledBack', to: 1 },
  { kind: 'stopped', how: 'suspended', savepoint: 'before-sale' },
  { kind: 'stopped', how: 'finished' },
];

it.each(bodies)('gives back an entry of kind $kind', (body) => {
  const entry = entryOf(3, body);
  expect(decode(encode(entry))).toEqual(entry);
});

const claim = bodies[0] as EntryBody;

it('refuses an entry of another job by the name of both', () => {
  expect(() => decode(encode(entryOf(3, claim, { jobUid: 'c3d4' })))).toThrow(
    'The log entry jobs/a1b2/log/3 is of another job, c3d4',
  );
  const manifest = manifestOf(7, { jobUid: 'c3d4' });
  expect(() => decode(encode(entryOf(3, { kind: 'manifest', manifest })))).toThrow('of another job');
});

it('refuses an entry that lies under another number, or needs more than can be', () => {
  expect(() => decode(encode(entryOf(4, claim)))).toThrow('was written as number 4');
  expect(() => decode(encode(entryOf(3, claim, { since: 4 })))).toThrow('needs entries from 4 on');
});

it.each([
  ['{', 'has the right checksum and is no JSON'],
  ['{"kind":"claim"}', 'makes no sense at format'],
  [JSON.stringify({ ...entryOf(3, claim), more: 1 }), 'makes no sense: Unrecognized key'],
  [JSON.stringify({ ...entryOf(3, claim), term: 0 }), 'makes no sense at term'],
])('refuses %s, whatever its checksum', (json, why) => {
  const seal = { name: 'millrace-log', format: 1, what: '' };
  expect(() => decode(sealText(seal, json, checksum))).toThrow(`The log entry jobs/a1b2/log/3 ${why}`);
});

it('keeps a manifest as a file of its own, which is no entry of a log', () => {
  const bytes = encodeSavepoint(manifestOf(7), checksum);
  expect(decodeSavepoint(bytes, found, checksum)).toEqual(manifestOf(7));
  expect(() => decode(bytes)).toThrow('its first line is not that of a log entry');
});
