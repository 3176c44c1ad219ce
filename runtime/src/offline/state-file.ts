/**
 * Keyed state as lines of JSON: the first says whose state it is and what it looks like, each other one is all that one key has in
 * one transform. A person may write or change such a file.
 */
import * as z from 'zod';
import { valueFromJson, valueToJson } from '../batch/json-value.ts';
import type { StateSchema } from '../checkpoint/manifest.ts';
import { MillraceError } from '../contract/errors.ts';
import { type KeyedRecord, storedDescriptor } from './keyed-records.ts';
import { keyedFunctions, type Savepoint } from './savepoint.ts';
import type { BootstrappedState } from './write-savepoint.ts';

const headSchema = z.strictObject({
  millrace: z.literal('state'),
  format: z.literal(1),
  jobName: z.string().min(1).max(512),
  maxParallelism: z.int().min(1).max(32_768),
  transforms: z.array(
    z.strictObject({
      uid: z.string().min(1).max(512),
      kind: z.enum(['keyedProcess', 'keyedCoProcess', 'keyedBroadcast', 'reduce']).default('keyedProcess'),
      states: z.array(
        z.strictObject({
          name: z.string(),
          kind: z.enum(['value', 'list', 'map', 'reducing', 'aggregating']),
          type: z.literal('number').optional(),
          version: z.int().min(1).optional(),
        }),
      ),
    }),
  ),
});

const times = z.array(z.number()).default([]);
const lineSchema = z.strictObject({
  uid: z.string(),
  key: z.unknown(),
  state: z.record(z.string(), z.unknown()),
  eventTimersMs: times,
  processingTimersMs: times,
});

type Head = z.infer<typeof headSchema>;
type StateOfHead = Head['transforms'][number]['states'][number];

const stateOfHead = ({ name, kind, type, fields }: StateSchema): StateOfHead => ({
  name,
  kind: kind as StateOfHead['kind'],
  ...(type === 'number' ? { type } : {}),
  ...(fields?.['version'] === undefined ? {} : { version: Number(fields['version']) }),
});

const isKeyed = ({ kind }: StateSchema): boolean =>
  ['value', 'list', 'map', 'reducing', 'aggregating'].includes(kind);

/** The lines of the state of keyed functions: of one transform, or of all that have such state. */
export const exportLines = async function* (
  savepoint: Savepoint,
  uid: string | undefined,
): AsyncGenerator<string, void, undefined> {
  const { jobName, maxParallelism, transforms, schemas } = savepoint.manifest;
  const exported = transforms.filter((one) =>
    uid === undefined ? keyedFunctions.includes(one.kind) : one.uid === uid,
  );
  yield JSON.stringify({
    millrace: 'state',
    format: 1,
    jobName,
    maxParallelism,
    transforms: exported.map((one) => ({
      uid: one.uid,
      kind: one.kind,
      states: schemas.filter((schema) => schema.uid === one.uid && isKeyed(schema)).map(stateOfHead),
    })),
  });
  for (const one of uid === undefined ? exported.map((transform) => transform.uid) : [uid]) {
    for await (const { key, state, eventTimersMs, processingTimersMs } of savepoint.keyedState(one)) {
      const values = Object.fromEntries(
        Object.entries(state).map(([name, value]) => [name, valueToJson(value)]),
      );
      yield JSON.stringify({
        uid: one,
        key: valueToJson(key),
        state: values,
        eventTimersMs,
        processingTimersMs,
      });
    }
  }
};

const parsed = <T>(schema: z.ZodType<T>, text: string, line: number, file: string): T => {
  const refuse = (why: string): MillraceError =>
    new MillraceError('record-invalid', `Line ${line} of ${file} cannot be imported: ${why}.`, {
      hint: 'Write it as `millrace savepoint export` does.',
      where: { file, line },
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('it is no JSON');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw refuse(`${issue?.path.map(String).join('.') || 'the whole of it'}: ${issue?.message}`);
};

/** The state that a file holds. @throws MillraceError record-invalid with the line that makes no sense */
export const importText = (text: string, file: string): BootstrappedState => {
  const lines = text.split('\n');
  const head = parsed(headSchema, lines[0] ?? '', 1, file);
  const records = new Map<string, KeyedRecord[]>(head.transforms.map(({ uid }) => [uid, []]));
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] as string;
    if (line.trim() === '') continue;
    const { uid, key, state, eventTimersMs, processingTimersMs } = parsed(lineSchema, line, at + 1, file);
    const ofTransform = records.get(uid);
    if (ofTransform === undefined) {
      throw new MillraceError(
        'record-invalid',
        `Line ${at + 1} of ${file} is of the transform “${uid}”, which the first line does not name.`,
        {
          hint: 'Name it there with its states.',
          where: { file, line: at + 1 },
        },
      );
    }
    const values = Object.fromEntries(
      Object.entries(state).map(([name, value]) => [name, valueFromJson(value)]),
    );
    ofTransform.push({ key: valueFromJson(key), state: values, eventTimersMs, processingTimersMs });
  }
  return {
    jobName: head.jobName,
    maxParallelism: head.maxParallelism,
    transforms: head.transforms.map(({ uid, kind, states }) => ({
      uid,
      kind,
      states: states.map(({ version, type, ...state }) =>
        storedDescriptor({
          ...state,
          ...(type === undefined ? {} : { type }),
          ...(version === undefined ? {} : { fields: { version: String(version) } }),
        }),
      ),
      records: records.get(uid) ?? [],
    })),
  };
};
