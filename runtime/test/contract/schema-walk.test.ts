import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  childSchema,
  describeField,
  fieldsOf,
  schemaAt,
  walkFields,
} from '../../src/contract/schema-walk.ts';

const inner = z.strictObject({ deep: z.string().default('x').meta({ description: 'deep' }) });
const schema = z.strictObject({
  plain: z.string(),
  wrapped: z
    .int()
    .meta({ expected: 'a number', description: 'inside' })
    .default(3)
    .meta({ description: 'outside' }),
  maybe: z.boolean().optional(),
  list: z.array(inner),
  map: z.record(z.string(), inner).default({}),
  block: inner.prefault({}),
});

describe('a field', () => {
  it('is seen through its wrappers', () => {
    const { inner: seen, optional, defaultValue } = describeField(schema.shape.wrapped);
    expect(seen._zod.def.type).toBe('number');
    expect(optional).toBe(true);
    expect(defaultValue).toBe(3);
  });

  it('says what its outermost wrapper says, and what only the inner ones say', () => {
    expect(describeField(schema.shape.wrapped).meta).toMatchObject({
      description: 'outside',
      expected: 'a number',
    });
  });

  it('may be left out only if a wrapper says so', () => {
    expect(describeField(schema.shape.plain).optional).toBe(false);
    expect(describeField(schema.shape.maybe)).toMatchObject({ optional: true, defaultValue: undefined });
    expect(describeField(schema.shape.block)).toMatchObject({ optional: true, defaultValue: {} });
  });
});

describe('one step into a schema', () => {
  it('leads to a field, an entry of a list, a value of a map', () => {
    expect(childSchema(schema, 'plain')).toBe(schema.shape.plain);
    expect(childSchema(schema.shape.list, 7)).toBe(inner);
    expect(childSchema(schema.shape.map, 'any name')).toBe(inner);
    expect(childSchema(schema.shape.block, 'deep')).toBe(inner.shape.deep);
  });

  it('leads nowhere from a field that is not there, or from a leaf', () => {
    expect(childSchema(schema, 'nowhere')).toBeUndefined();
    expect(childSchema(schema.shape.plain, 'x')).toBeUndefined();
  });

  it('finds no field that only JavaScript knows', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(childSchema(schema, name)).toBeUndefined();
  });
});

describe('a path into a schema', () => {
  it('leads through lists, maps and wrappers', () => {
    expect(schemaAt(schema, ['list', 0, 'deep'])).toBe(inner.shape.deep);
    expect(schemaAt(schema, ['map', 'k', 'deep'])).toBe(inner.shape.deep);
    expect(schemaAt(schema, [])).toBe(schema);
  });

  it('that leads nowhere has no schema', () => {
    expect(schemaAt(schema, ['list', 0, 'x'])).toBeUndefined();
    expect(schemaAt(schema, ['plain', 'x', 'y'])).toBeUndefined();
  });
});

describe('a walk over a schema', () => {
  it('meets every field once, parents first, in the order of the schema', () => {
    const met: string[] = [];
    walkFields(schema, (path) => met.push(path.join('.')));
    expect(met).toEqual([
      '',
      'plain',
      'wrapped',
      'maybe',
      'list',
      'list.[]',
      'list.[].deep',
      'map',
      'map.{}',
      'map.{}.deep',
      'block',
      'block.deep',
    ]);
  });

  it('knows the fields of a mapping and of nothing else', () => {
    expect(Object.keys(fieldsOf(schema) ?? {})).toContain('plain');
    expect(fieldsOf(schema.shape.block)).toHaveProperty('deep');
    expect(fieldsOf(schema.shape.list)).toBeUndefined();
  });
});
