import { describe, expect, it } from 'vitest';
import { JsonBytes } from '../../../src/connectors/formats/json-bytes.ts';
import { KeyTemplate } from '../../../src/connectors/formats/key-template.ts';

const comma = 0x2c;
const brace = 0x7b;

/** Reads the keys of a record of one-digit values: which were expected, and the fields found. */
const readKeys = (template: KeyTemplate, record: string) => {
  const bytes = new Uint8Array([...new TextEncoder().encode(record), 10, 0, 0, 0, 0, 0, 0, 0]);
  const view = new DataView(bytes.buffer);
  const expected: boolean[] = [];
  const fields: number[] = [];
  let segment = template.begin();
  let position = 0;
  for (let opening = brace; ; opening = comma) {
    const isExpected = segment?.isAt(view, position) ?? false;
    const value = template.find(bytes, view, position, opening, segment);
    if (value < 0) break;
    expected.push(isExpected);
    fields.push(template.field);
    segment = template.next;
    position = value + 1;
  }
  template.end();
  return { expected, fields, rest: record.slice(position) };
};

const create = (...names: string[]): KeyTemplate => new KeyTemplate(names, new JsonBytes());

describe('the template of keys', () => {
  it('expects the keys of the first record in all that follow', () => {
    const template = create('b', 'c');
    expect(readKeys(template, '{"a":1,"b":2,"c":3}')).toEqual({
      expected: [false, false, false],
      fields: [-1, 0, 1],
      rest: '}',
    });
    expect(readKeys(template, '{"a":4,"b":5,"c":6}')).toEqual({
      expected: [true, true, true],
      fields: [-1, 0, 1],
      rest: '}',
    });
  });

  it('expects blanks where the first record had them', () => {
    const template = create('b');
    readKeys(template, '{ "a": 1, "b" : 2 }');
    expect(readKeys(template, '{ "a": 3, "b" : 4 }').expected).toEqual([true, true]);
    expect(readKeys(template, '{"a":3,"b":4}')).toMatchObject({ expected: [false, false], fields: [-1, 0] });
  });

  it('goes on behind a key that was left out', () => {
    const template = create('c');
    readKeys(template, '{"a":1,"b":2,"c":3,"d":4}');
    expect(readKeys(template, '{"a":1,"c":3,"d":4}')).toEqual({
      expected: [true, false, true],
      fields: [-1, 0, -1],
      rest: '}',
    });
    expect(readKeys(template, '{"a":1,"d":4}').fields).toEqual([-1, -1]);
  });

  it('goes on behind a key that is new', () => {
    const template = create('b');
    readKeys(template, '{"a":1,"b":2}');
    expect(readKeys(template, '{"a":1,"new":9,"b":2}')).toMatchObject({
      expected: [true, false, true],
      fields: [-1, -1, 0],
    });
  });

  it('learns another order when the old one is no longer the rule', () => {
    const template = create('a', 'b');
    readKeys(template, '{"a":1,"b":2}');
    for (let i = 0; i < 40; i++) readKeys(template, '{"b":1,"a":2}');
    expect(readKeys(template, '{"b":1,"a":2}')).toEqual({
      expected: [true, true],
      fields: [1, 0],
      rest: '}',
    });
  });

  it('knows a key however it is escaped, and no other', () => {
    const template = create('a', 'é', '__proto__', 'x"y', '\ud800');
    const record = '{"\\u0061":1,"\u00e9":2,"\\u00e9":3,"__proto__":4,"x\\"y":5,"\\ud800":6,"A":7,"":8}';
    expect(readKeys(template, record).fields).toEqual([0, 1, 1, 2, 3, 4, -1, -1]);
  });

  it('says whether a record as expected has all fields', () => {
    const template = create('a', 'b');
    expect(template.hasAllFields).toBe(false);
    readKeys(template, '{"a":1,"a":2,"c":3}');
    expect(template.hasAllFields).toBe(false);
    for (let i = 0; i < 40; i++) readKeys(template, '{"b":1,"a":2}');
    expect(template.hasAllFields).toBe(true);
    for (let i = 0; i < 40; i++) readKeys(template, '{"b":1,"x":2}');
    expect(template.hasAllFields).toBe(false);
  });

  it('finds nothing where no key is', () => {
    for (const record of ['', '}', '{}', '{a:1}', '{"a"}', '{"a" 1}', '["a":1]', '"a":1', '{"a\t":1}']) {
      expect(readKeys(create('a'), record).fields).toEqual([]);
    }
  });

  it('does not take the first key for one in the middle', () => {
    const template = create('a', 'b');
    readKeys(template, '{"a":1,"b":2}');
    expect(readKeys(template, '{"b":1{"a":2}')).toMatchObject({ fields: [1], rest: '{"a":2}' });
  });

  it('does not take a later key for the first one', () => {
    const template = create('a', 'b');
    readKeys(template, '{"a":1,"b":2}');
    expect(readKeys(template, ',"b":2}')).toMatchObject({ fields: [], rest: ',"b":2}' });
  });

  it('reads records of more and longer keys than it remembers', () => {
    const names = Array.from({ length: 600 }, (_, i) => `${'key'.repeat(i % 300)}${i}`);
    const record = `{${names.map((name) => `${JSON.stringify(name)}:1`).join(',')}}`;
    const template = create(...names);
    for (let i = 0; i < 3; i++)
      expect(readKeys(template, record).fields).toEqual(names.map((_, field) => field));
  });
});
