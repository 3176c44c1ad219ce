import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setField } from '../../../src/batch/values.ts';
import { NdjsonScanner } from '../../../src/connectors/formats/ndjson-scanner.ts';
import { isUtf8 } from '../../../src/sys/text.ts';
import { bytesOf, type DecodeSettings, decodeAll } from '../support/decode.ts';

const scan = (text: string | Uint8Array, fields: readonly string[], settings: DecodeSettings = {}) =>
  decodeAll(
    typeof text === 'string' ? bytesOf(text) : text,
    (decoder) => new NdjsonScanner(fields, decoder),
    settings,
  );

/** What JSON.parse makes of the lines: the rows with these fields, and how many lines are no objects. */
const byJsonParse = (bytes: Uint8Array, fields: readonly string[]) => {
  const rows: unknown[] = [];
  let invalid = 0;
  let from = 0;
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  if (marked) from = 3;
  while (from < bytes.length) {
    const lineFeed = bytes.indexOf(10, from);
    const to = lineFeed < 0 ? bytes.length : lineFeed;
    const line = bytes.subarray(from, to);
    from = to + 1;
    const text = Buffer.from(line).toString('utf8');
    if (/^[ \t\r]*$/.test(text)) continue;
    try {
      const value: unknown = JSON.parse(text);
      if (!isUtf8(line) || typeof value !== 'object' || value === null || Array.isArray(value))
        throw new Error();
      const row: Record<string, unknown> = {};
      for (const name of fields) {
        if (Object.hasOwn(value, name)) setField(row, name, (value as Record<string, unknown>)[name]);
      }
      rows.push(row);
    } catch {
      invalid++;
    }
  }
  return { rows, invalid };
};

const expectLikeJsonParse = (
  bytes: Uint8Array,
  fields: readonly string[],
  settings: DecodeSettings = {},
): void => {
  const decoded = scan(bytes, fields, settings);
  const expected = byJsonParse(bytes, fields);
  expect(decoded.rows).toStrictEqual(expected.rows);
  expect(decoded.invalid.length).toBe(expected.invalid);
};

const names = ['a', 'bb', '__proto__', 'é', 'long field name', 'x"y', '\ud800', ''];
const oddNumbers = [
  '0',
  '-0',
  '1',
  '-1',
  '1.5',
  '1e5',
  '1E+3',
  '1e-3',
  '123456789012345',
  '1234567890123456789',
  '0.1',
  '1e400',
];
const badNumbers = ['01', '1.', '.5', '+1', '-', '1e', '0x10', 'NaN', 'Infinity', '1_000'];

const numberText = fc.oneof(
  fc.constantFrom(...oddNumbers),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: -330, max: 330 })).map(([a, b, e]) => `${a}.${b}e${e}`),
);
const escaped = (text: string): string =>
  Array.from(
    { length: text.length },
    (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
const stringText = fc.oneof(
  fc.string().map((text) => JSON.stringify(text)),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.string({ minLength: 1, maxLength: 5 }).map((text) => `"${escaped(text)}"`),
  fc.constantFrom('"\\n"', '"\\/"', '"\\ud83d\\ude00"', '"\\ud800"', '"\ud83d\ude00"', '"ünï"'),
);
const space = fc.constantFrom('', '', '', ' ', '\t', ' \r ');
const valueText = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    numberText,
    stringText,
    fc.constantFrom('true', 'false', 'null'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(' ,')}]`),
    fc
      .array(fc.tuple(stringText, space, tie('value')), { maxLength: 3 })
      .map((entries) => `{${entries.map(([key, blank, value]) => `${key}${blank}:${value}`).join(',')}}`),
  ),
})).value;
const nameText = fc.oneof(
  fc.constantFrom(...names).map((name) => JSON.stringify(name)),
  fc.constantFrom('"\\u0061"', '"\\u005f_proto__"', '"other"', '"bbb"', '"b"'),
);
const recordText = fc
  .array(fc.tuple(space, nameText, space, space, valueText, space), { maxLength: 7 })
  .map(
    (entries) =>
      `{${entries.map(([a, name, b, c, value, d]) => `${a}${name}${b}:${c}${value}${d}`).join(',')}}`,
  );
const lineText = fc.oneof(
  { weight: 8, arbitrary: recordText },
  { weight: 1, arbitrary: valueText },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '\r',
      '{',
      '}',
      '{}',
      '{"a":1}x',
      '{"a":1,}',
      '{,}',
      '{"a"}',
      '{"a":}',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(...badNumbers).map((bad) => `{"a":${bad}}`) },
);

/** Something that the record of a stream does now and then; entries are the texts `"key":value`. */
type Surprise = (entries: readonly string[], at: number) => string;
const record = (entries: readonly string[]): string => `{${entries.join(',')}}`;
const surprises: readonly Surprise[] = [
  (entries, at) => record(entries.toSpliced(at % entries.length, 1)),
  (entries, at) => record(entries.toSpliced(at % entries.length, 0, entries[(at + 1) % entries.length]!)),
  (entries, at) => record(entries.toSpliced(at % entries.length, 0, '"unheard of":{"a":[1]}')),
  (entries) => record(entries.toReversed()),
  (entries, at) => record([...entries.slice(at % entries.length), ...entries.slice(0, at % entries.length)]),
  (entries) => `{ ${entries.join(' , ')} }`,
  (entries) => `${record(entries)}\r`,
  (entries) => `\t${record(entries)}  `,
  (entries) => `{${entries.join(',')},}`,
  (entries, at) => record(entries).slice(0, at % (record(entries).length + 1)),
  (entries, at) => record(entries).slice(at % record(entries).length),
  (entries, at) => {
    const text = record(entries);
    return `${text.slice(0, at % text.length)}\u0001${text.slice((at % text.length) + 1)}`;
  },
  () => '{}',
  () => '',
];

/** A stream of records of one shape, its keys of any length, and here and there one that is different. */
const streamOfOneShape = fc
  .record({
    keys: fc.uniqueArray(
      fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom('a', 'bb', 'é', 'long field name')),
      { minLength: 1, maxLength: 6 },
    ),
    lines: fc.array(
      fc.record({
        values: fc.array(valueText, { minLength: 6, maxLength: 6 }),
        surprise: fc.option(fc.constantFrom(...surprises), { freq: 4 }),
        at: fc.nat(200),
      }),
      { minLength: 1, maxLength: 40 },
    ),
    again: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ keys, lines, again }) => {
    const texts = lines.map(({ values, surprise, at }) => {
      const entries = keys.map((key, i) => `${JSON.stringify(key)}:${values[i]}`);
      return surprise === null ? record(entries) : surprise(entries, at);
    });
    return { keys, text: Array<string>(again).fill(texts.join('\n')).join('\n') };
  });

describe('the NDJSON scanner', () => {
  it('gives what JSON.parse gives for records of one shape with surprises', () => {
    const property = fc.property(
      streamOfOneShape,
      fc.nat(5),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 3 }),
      ({ keys, text }, first, absent, reads) => {
        const fields = [...keys.slice(first % keys.length), ...(absent ? ['there is none'] : [])];
        expectLikeJsonParse(bytesOf(text), fields, { reads, recordsPerBatch: 16, chunkBytes: 256 });
      },
    );
    fc.assert(property, { numRuns: 300, seed: 12 });
  });

  it('gives what JSON.parse gives for the declared fields, on any lines, however the bytes arrive', () => {
    const reads = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 });
    const property = fc.property(
      fc.array(lineText, { maxLength: 12 }),
      fc.subarray(names, { minLength: 1 }),
      reads,
      fc.constantFrom(1, 2, 2048),
      fc.boolean(),
      (lines, fields, sizes, recordsPerBatch, terminated) => {
        const bytes = bytesOf(lines.join('\n') + (terminated ? '\n' : ''));
        expectLikeJsonParse(bytes, fields, { reads: sizes, recordsPerBatch, chunkBytes: 64 });
      },
    );
    fc.assert(property, { numRuns: 800, seed: 1 });
  });

  it('agrees with JSON.parse on lines of which single bytes were changed', () => {
    const property = fc.property(
      fc.array(recordText, { minLength: 1, maxLength: 5 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      (lines, changes) => {
        const bytes = bytesOf(lines.join('\n'));
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        expectLikeJsonParse(bytes, ['a', 'bb', '__proto__']);
      },
    );
    fc.assert(property, { numRuns: 1500, seed: 2 });
  });

  it('reads every number exactly as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.array(numberText, { minLength: 1, maxLength: 20 }), (numbers) => {
        const text = numbers.map((number) => `{"a":${number}}`).join('\n');
        expect(scan(text, ['a']).rows).toStrictEqual(numbers.map((number) => ({ a: JSON.parse(number) })));
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  it('keeps the sign of minus zero', () => {
    const [first, second] = scan('{"a":-0}\n{"a":-0.0}\n', ['a']).rows as { a: number }[];
    expect(Object.is(first?.a, -0)).toBe(true);
    expect(Object.is(second?.a, -0)).toBe(true);
  });

  it('takes the last of several values of one field, of whatever types they are', () => {
    const lines = [
      '{"a":1,"a":"x"}',
      '{"a":"x","a":2}',
      '{"a":[1],"a":null}',
      '{"a":null,"a":true}',
      '{"a":7,"a":8}',
    ];
    expectLikeJsonParse(bytesOf(lines.join('\n')), ['a']);
  });

  it('keeps a field called __proto__ as a field', () => {
    const [row] = scan('{"__proto__":{"polluted":true},"a":1}', ['__proto__', 'a']).rows as object[];
    expect(Object.hasOwn(row as object, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('puts numbers, texts and booleans into typed columns', () => {
    const { batches } = scan('{"n":1,"s":"x","b":true}\n{"n":2,"s":"yy","b":false}\n', ['n', 's', 'b']);
    const set = batches[0]?.columns();
    expect(set?.columns.map((column) => column.type)).toEqual(['number', 'text', 'boolean']);
    expect(set?.columns.every((column) => column.marks === undefined)).toBe(true);
  });

  it('keeps an odd value beside its column without changing the others', () => {
    const { batches, rows } = scan('{"n":1}\n{"n":"one"}\n{"n":3}\n', ['n']);
    expect(rows).toEqual([{ n: 1 }, { n: 'one' }, { n: 3 }]);
    expect(batches[0]?.columns()?.columns[0]?.type).toBe('number');
  });

  it('changes the type of a column with the next batch when most values are of another', () => {
    const lines = ['{"n":1}', '{"n":"a"}', '{"n":"b"}', '{"n":"c"}', '{"n":"d"}', '{"n":"e"}'];
    const { batches, rows } = scan(lines.join('\n'), ['n'], { recordsPerBatch: 3 });
    expect(rows).toEqual(lines.map((line) => JSON.parse(line)));
    expect(batches.map((batch) => batch.columns()?.columns[0]?.type)).toEqual(['number', 'text']);
  });

  it('follows a stream whose records change their order of fields', () => {
    const orders = [['a', 'b', 'c'], ['c', 'b', 'a'], ['b'], ['a', 'x', 'c'], []];
    const lines = Array.from({ length: 400 }, (_, i) => {
      const order = orders[Math.floor(i / 80)] as string[];
      return JSON.stringify(Object.fromEntries(order.map((name) => [name, i])));
    });
    expectLikeJsonParse(bytesOf(lines.join('\n')), ['a', 'c']);
  });

  it('does not take the beginning of a record in the middle of another for its own', () => {
    expectLikeJsonParse(bytesOf('{"a":1,"b":2}\n{"b":1{"a":2}\n{"b":1,"a":2}\n'), ['a', 'b']);
  });

  it('reports what JSON.parse finds wrong, with the number of the line', () => {
    const { rows, invalid } = scan('{"a":1}\n\n{"a":\n{"a":2}\n[1]\n', ['a']);
    expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
    expect(invalid.map(({ line, text }) => [line, text])).toEqual([
      [3, '{"a":'],
      [5, '[1]'],
    ]);
    expect(invalid[0]?.reason).toMatch(/^it is not valid JSON \(/);
    expect(invalid[1]?.reason).toBe('it is not a JSON object, and fields are read from it');
  });

  it.each([
    ['a byte that begins nothing', [0xff]],
    ['a sequence that is cut off', [0xc3]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong sequence of three', [0xe0, 0x80, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point beyond the last', [0xf4, 0x90, 0x80, 0x80]],
    ['an overlong sequence of four', [0xf0, 0x80, 0x80, 0xaf]],
  ])('refuses %s, in a declared field and in another', (_, sequence) => {
    for (const field of ['a', 'b']) {
      const bytes = new Uint8Array([...bytesOf(`{"a":"x`), ...sequence, ...bytesOf('"}\n{"a":"y"}\n')]);
      const { rows, invalid } = scan(bytes, [field]);
      expect(rows).toEqual([field === 'a' ? { a: 'y' } : {}]);
      expect(invalid[0]?.reason).toBe('it is not valid UTF-8');
    }
  });

  it('passes over a byte order mark at the start of the bytes only', () => {
    const { rows, invalid } = scan('\ufeff{"a":1}\n\ufeff{"a":2}\n{"a":3}', ['a']);
    expect(rows).toEqual([{ a: 1 }, { a: 3 }]);
    expect(invalid[0]?.line).toBe(2);
  });

  it('reads deeply nested values of fields that nobody asked for, and refuses them in a field that is', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    expect(scan(`{"deep":${deep},"a":1}`, ['a']).rows).toEqual([{ a: 1 }]);
    const { rows, invalid } = scan(`{"deep":${deep},"a":1}`, ['deep']);
    expect(rows).toEqual([]);
    expect(invalid[0]?.reason).toMatch(/deep|nest/i);
  });

  it('refuses a record that is too long wherever the bytes are cut, and goes on behind it', () => {
    const long = `{"a":"${'x'.repeat(5000)}"}`;
    for (const reads of [[], [1000], [7], [4096, 1]]) {
      const { rows, invalid } = scan(`{"a":"1"}\n${long}\n{"a":"2"}\n`, ['a'], {
        maximumRecordBytes: 1000,
        reads,
        chunkBytes: 512,
      });
      expect(rows).toEqual([{ a: '1' }, { a: '2' }]);
      expect(invalid.length).toBe(1);
      expect(invalid[0]?.reason).toBe('it is longer than the 1000 bytes that maximumRecordBytes allows');
      expect(invalid[0]?.line).toBe(2);
    }
  });

  it('accepts a record of exactly the greatest length', () => {
    const line = `{"a":"${'x'.repeat(992)}"}`;
    expect(line.length).toBe(1000);
    expect(scan(`${line}\n${line}`, ['a'], { maximumRecordBytes: 1000, chunkBytes: 64 }).rows.length).toBe(2);
    expect(scan(`${line}\n${line}`, ['a'], { maximumRecordBytes: 999, chunkBytes: 64 }).rows.length).toBe(0);
  });

  it('keeps texts apart when lines between them are refused', () => {
    const lines = Array.from({ length: 300 }, (_, i) =>
      i % 3 === 0
        ? `{"a":"text ${i}","b":"${'y'.repeat(i)}"`
        : `{"a":"text ${i}","b":"\\u0041${'z'.repeat(i)}"}`,
    );
    expectLikeJsonParse(bytesOf(lines.join('\n')), ['a', 'b'], { recordsPerBatch: 64, chunkBytes: 256 });
  });
});
