import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import { toLoggable } from '../../src/telemetry/loggable.ts';

fc.configureGlobal({ seed: 20_011 });

describe('a value in a log line', () => {
  it.each([
    ['a text', 'hello', 'hello'],
    ['an empty text', '', ''],
    ['a number', 12.5, 12.5],
    ['zero', 0, 0],
    ['true', true, true],
    ['null', null, null],
    ['undefined', undefined, 'undefined'],
    ['a bigint', 12345678901234567890n, '12345678901234567890'],
    ['NaN', NaN, 'NaN'],
    ['infinity', -Infinity, '-Infinity'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a function', () => 1, '(function)'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an impossible date', new Date(NaN), 'Invalid Date'],
    ['bytes', new Uint8Array(12), '(12 bytes)'],
    ['a view of bytes', new DataView(new ArrayBuffer(3)), '(3 bytes)'],
    ['a list', [1, 'a', null], [1, 'a', null]],
    ['a list with holes', [1, undefined], [1, 'undefined']],
    ['a set', new Set(['a', 'b']), ['a', 'b']],
    [
      'a map',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, 'b'],
      ]),
      { a: 1, '2': 'b' },
    ],
    ['an object', { a: { b: [1] } }, { a: { b: [1] } }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ])('is itself or says what it is: %s', (_, value, expected) => {
    expect(toLoggable(value)).toEqual(expected);
  });

  it('can always be written as JSON, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        (value) => {
          expect(() => JSON.stringify(toLoggable(value))).not.toThrow();
        },
      ),
    );
  });

  it('runs no code of the value but getters, and survives those that throw', () => {
    const hostile = {
      toJSON: () => {
        throw new Error('toJSON was called');
      },
      toString: () => {
        throw new Error('toString was called');
      },
      get bad(): string {
        throw new Error('no');
      },
    };
    expect(toLoggable(hostile)).toEqual({
      toJSON: '(function)',
      toString: '(function)',
      bad: '(unreadable)',
    });
  });

  it('stops at a circle, but shows the same thing twice when it is no circle', () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle['self'] = circle;
    expect(toLoggable(circle)).toEqual({ a: 1, self: '(circular)' });
    const shared = { x: 1 };
    expect(toLoggable([shared, shared])).toEqual([{ x: 1 }, { x: 1 }]);
  });

  it('is cut where it is nested too deep', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 1000; level++) deep = { deep };
    expect(JSON.stringify(toLoggable(deep))).toContain('(too deep)');
  });

  it('is cut where it has too many members, and says how many there are', () => {
    const list = toLoggable(Array.from({ length: 1000 }, (_, index) => index)) as readonly unknown[];
    expect(list).toHaveLength(51);
    expect(list[50]).toBe('… 950 more');
    const object = toLoggable(
      Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`f${index}`, index])),
    );
    expect(object).toHaveProperty('…', '10 more');
    const map = toLoggable(new Map(Array.from({ length: 70 }, (_, index) => [index, index])));
    expect(map).toHaveProperty('…', '20 more');
  });

  it('is cut where a text is too long, and says how long it is', () => {
    const text = toLoggable('x'.repeat(100_000)) as string;
    expect(text.length).toBeLessThan(9000);
    expect(text).toMatch(/… \(100000 characters\)$/);
  });

  it('keeps a field of the name __proto__ as a field', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}') as object;
    const loggable = toLoggable(value) as object;
    expect(Object.getOwnPropertyDescriptor(loggable, '__proto__')?.value).toEqual({ polluted: true });
    expect(Object.getPrototypeOf(loggable)).toBe(Object.prototype);
  });
});

describe('a secret in a log line', () => {
  it.each([
    'password',
    'dbPassword',
    'DB_PASSWORD',
    'token',
    'accessToken',
    'apiKey',
    'api-key',
    'X-Api-Key',
    'secret',
    'clientSecret',
    'credentials',
    'Authorization',
    'cookie',
    'privateKey',
    'secretAccessKey',
  ])('is hidden under the name %s, at any depth', (name) => {
    expect(toLoggable({ [name]: 'hunter2' })).toEqual({ [name]: '[redacted]' });
    expect(toLoggable([{ deep: new Map([[name, 'hunter2']]) }])).toEqual([
      { deep: { [name]: '[redacted]' } },
    ]);
    expect(toLoggable({ [name]: { user: 'a', value: ['hunter2'] } })).toEqual({ [name]: '[redacted]' });
  });

  it('may be said to be there or not', () => {
    expect(toLoggable({ password: undefined, token: null, secret: true })).toEqual({
      password: 'undefined',
      token: null,
      secret: true,
    });
  });

  it('is hidden inside of a text', () => {
    expect(toLoggable({ url: 's3://user:hunter2@host/bucket' })).toEqual({
      url: 's3://[redacted]@host/bucket',
    });
    expect(toLoggable(['GET /?token=hunter2&page=2'])).toEqual(['GET /?token=[redacted]&page=2']);
  });
});

describe('an error in a log line', () => {
  it('of ours says everything it knows, without the stack that nobody needs', () => {
    const error = new MillraceError('io', 'The disk is full.', {
      hint: 'Free some space.',
      where: { file: 'out.csv', line: 3 },
      cause: new MillraceError('resource', 'No space.'),
    });
    expect(toLoggable(error)).toEqual({
      name: 'MillraceError',
      message: 'The disk is full.',
      code: 'io',
      where: { file: 'out.csv', line: 3 },
      hint: 'Free some space.',
      cause: { name: 'MillraceError', message: 'No space.', code: 'resource', where: {} },
    });
  });

  it('of others comes with its stack', () => {
    const fields = toLoggable(new TypeError('x is no function')) as Readonly<Record<string, unknown>>;
    expect(fields).toMatchObject({ name: 'TypeError', message: 'x is no function' });
    expect(fields['stack']).toContain('loggable.test.ts');
  });

  it('of the system comes with its code', () => {
    const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(toLoggable(error)).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('has its secrets hidden in message and stack', () => {
    const text = JSON.stringify(toLoggable(new Error('cannot reach postgres://app:hunter2@db/x')));
    expect(text).toContain('postgres://[redacted]@db/x');
    expect(text).not.toContain('hunter2');
  });

  it('that was caused by itself ends', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(toLoggable(error)).toMatchObject({ cause: '(circular)' });
  });
});
