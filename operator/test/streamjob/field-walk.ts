import { type Change, changeIn } from '../../../runtime/src/contract/change.ts';
import {
  childSchema,
  describeField,
  fieldsOf,
  walkFields,
} from '../../../runtime/src/contract/schema-walk.ts';
import { streamJobSchema } from '../../../runtime/src/contract/stream-job.ts';
import { written } from './job-table.ts';

/** A schema, to those who walk over one. */
type Schema = Parameters<typeof describeField>[0];
type Fields = Readonly<Record<string, unknown>>;

/** A field of the spec, and whole specs with two values of it. */
export interface FieldRow {
  readonly path: string;
  /** What changing it does, as the contract has it. */
  readonly change: Change | undefined;
  readonly set: unknown;
  readonly changed: unknown;
}

/** Two texts, by how the contract's words for what is expected begin. */
const texts: readonly (readonly [string, string, string])[] = [
  ['a relative path to a .ts', 'other.ts', 'another.ts'],
  ['an address that starts', 'http://one.example.com', 'http://two.example.com'],
  ['a sha256 sum', '0'.repeat(64), '1'.repeat(64)],
  ['the name of a variable', 'LEVEL', 'DEPTH'],
  ['the path of a field of the pod', 'metadata.name', 'metadata.namespace'],
  ['a duration', '11s', '12s'],
  ['a number of processors', '2', '3'],
  ['a size', '2Gi', '3Gi'],
  ['the name of a region', 'eu-central-1', 'eu-west-1'],
  ['a time such as', '2026-11-26T10:00:00Z', '2026-11-26T11:00:00Z'],
  ['a schedule', '0 3 * * *', '0 4 * * *'],
  ['an absolute path', '/one', '/two'],
  ['', 'one', 'two'],
];

const volumes = [
  { name: 'one', emptyDir: {} },
  { name: 'two', emptyDir: {} },
];

/** What stands beside a field, or beside what is within it, so that the whole makes sense. */
const beside: Readonly<Record<string, Fields>> = {
  'env.[].name': { value: 'x' },
  'env.[].value': { name: 'LEVEL' },
  'env.[].valueFrom': { name: 'LEVEL' },
  'env.[].prefix': { from: { configMapRef: { name: 'one' } } },
  'stateBackend.directory': { type: 'Disk' },
  'restart.fixedDelay': { strategy: 'FixedDelay' },
  'restart.failureRate': { strategy: 'FailureRate' },
  'restore.id': { checkpoint: 1 },
  'restore.checkpoint': { id: 'one' },
  'restore.time': { id: 'one' },
  'podTemplate.tolerations.[].key': { value: 'one' },
  'podTemplate.tolerations.[].operator': { key: 'one' },
  'podTemplate.tolerations.[].value': { key: 'one' },
  'podTemplate.tolerations.[].effect': { key: 'one', value: 'one' },
  'podTemplate.tolerations.[].tolerationSeconds': { key: 'one', value: 'one', effect: 'NoExecute' },
  'podTemplate.volumes.[].name': { emptyDir: {} },
  'podTemplate.volumeMounts': { volumes },
  'podTemplate.sidecars': { volumes },
  'podTemplate.sidecars.[].env.[].name': { value: 'x' },
  'podTemplate.sidecars.[].env.[].value': { name: 'LEVEL' },
  'podTemplate.sidecars.[].env.[].valueFrom': { name: 'LEVEL' },
  'podTemplate.sidecars.[].env.[].prefix': { from: { configMapRef: { name: 'one' } } },
  'network.egressRules': { egress: 'Restricted' },
};

/** Fields that nobody can change as long as a cluster runs the job, and why. */
export const unwalked: Readonly<Record<string, string>> = {
  'job.sql': 'it is refused by name until there is SQL',
  'checkpoint.store.directory': 'pods share no directory',
  'restore.savepoint': 'it waits until there is such a savepoint',
  'restore.lastGood': 'there is no other value than true',
  'podTemplate.volumes.[].emptyDir.medium': 'there is no other value than Memory',
};

/** One of two values of a field that has no fields of its own, and neither of them the default where there is a third. */
const sample = (schema: Schema, place: 0 | 1): unknown => {
  const { inner, meta, defaultValue } = describeField(schema);
  const def = inner._zod.def;
  switch (def.type) {
    case 'string':
      return texts.find(([beginning]) => String(meta['expected']).startsWith(beginning))?.[place + 1];
    case 'boolean':
      return (defaultValue ?? false) === (place === 1);
    case 'number':
      return Number.isInteger(defaultValue ?? 0) ? 7 + place : 0.5 + place / 4;
    case 'enum': {
      const values = Object.values(def.entries);
      const others = values.filter((value) => value !== defaultValue);
      return [...others, ...values][place];
    }
    case 'record':
      return { 'some-name': meta['opaque'] === true ? `${place}` : sample(def.valueType, place) };
    case 'array':
      return [sample(def.element, place)];
    default:
      return undefined;
  }
};

/** A mapping with no more than what it must have. */
const least = (schema: Schema): unknown => {
  const fields = fieldsOf(schema);
  const def = describeField(schema).inner._zod.def;
  if (def.type === 'array') return [least(def.element)];
  if (fields === undefined) return sample(schema, 0);
  const needed = Object.entries(fields).filter(([, field]) => !describeField(field).optional);
  return Object.fromEntries(needed.map(([name, field]) => [name, least(field)]));
};

const isMapping = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What there is already beside a field. Code comes from one place of several. */
const knownAt = (known: unknown, path: string): Fields =>
  isMapping(known) && path !== 'job.code' ? known : {};

/** A spec, or a part of it, in which a field has a value, and beside what is known only what it needs. `done`: the path so far. */
const partWith = (
  schema: Schema,
  left: readonly string[],
  value: unknown,
  known: unknown,
  done: readonly string[] = [],
): unknown => {
  const [next, ...rest] = left;
  if (next === undefined) return value;
  const path = [...done, next];
  const child = childSchema(schema, next);
  if (child === undefined) throw new Error(`There is no ${path.join('.')}.`);
  const before = knownAt(known, done.join('.'));
  const part = partWith(child, rest, value, before[next], path);
  if (next === '[]') return [part];
  return { ...(least(schema) as Fields), ...before, ...beside[path.join('.')], [next]: part };
};

/** What is compared with: all fields are as they are when nobody writes them. */
export const plain = written();

/** All fields of the spec that hold a value. */
export const fieldRows = (): readonly FieldRow[] => {
  const specSchema = childSchema(streamJobSchema, 'spec') as Schema;
  const rows: FieldRow[] = [];
  walkFields(specSchema, (path, { inner }) => {
    const { type } = inner._zod.def;
    const isInRecord = path.includes('{}') || path.at(-1) === '[]';
    const hasFields =
      type === 'object' || (type === 'array' && fieldsOf(inner._zod.def.element) !== undefined);
    const name = path.join('.');
    if (isInRecord || hasFields || name in unwalked) return;
    const specWith = (place: 0 | 1): unknown => {
      const leaf = path.reduce<Schema>((schema, step) => childSchema(schema, step) as Schema, specSchema);
      return partWith(specSchema, path, sample(leaf, place), plain);
    };
    rows.push({
      path: name,
      change: changeIn(
        specSchema,
        path.map((step) => (step === '[]' ? 0 : step)),
      ),
      set: specWith(0),
      changed: specWith(1),
    });
  });
  return rows;
};
