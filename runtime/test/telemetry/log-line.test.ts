import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import { jsonLine, type LogEntry, plainLine } from '../../src/telemetry/log-line.ts';
import { type Loggable, toLoggable } from '../../src/telemetry/loggable.ts';

fc.configureGlobal({ seed: 20_011 });

const entry = (
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
  timeMs: number = 0,
): LogEntry => ({
  timeMs,
  level: 'info',
  message,
  fields: toLoggable(fields) as Readonly<Record<string, Loggable>>,
});

const anyEntry = fc
  .tuple(
    fc.string({ unit: 'binary' }),
    fc.dictionary(fc.string({ unit: 'binary' }), fc.anything()),
    fc.double(),
  )
  .map(([message, fields, timeMs]) => entry(message, fields, timeMs));

describe('a plain line', () => {
  it('is time, level, sentence and fields', () => {
    expect(plainLine(entry('The job runs.', { job: 'flights', attempt: 2 }, 1_700_000_000_123))).toBe(
      '2023-11-14T22:13:20.123Z INFO  The job runs. job=flights attempt=2',
    );
  });

  it.each([
    ['a word', 'abc', 'v=abc'],
    ['a text with a space', 'a b', 'v="a b"'],
    ['an empty text', '', 'v=""'],
    ['a text with quotes', 'say "x"', 'v="say \\"x\\""'],
    ['a text with an equals sign', 'a=b', 'v="a=b"'],
    ['a number', 1.5, 'v=1.5'],
    ['null', null, 'v=null'],
    ['a list', [1, 'a'], 'v=[1,"a"]'],
    ['an object', { a: 1 }, 'v={"a":1}'],
  ])('shows the value of a field so that it can be told from the next: %s', (_, value, expected) => {
    expect(plainLine(entry('x', { v: value }))).toBe(`1970-01-01T00:00:00.000Z INFO  x ${expected}`);
  });

  it('is one line, whatever message and fields hold', () => {
    fc.assert(
      fc.property(anyEntry, (one) => {
        const [first = '', ...others] = plainLine(one).split(/[\n\r\u2028\u2029]/);
        expect(first).toContain('INFO');
        for (const line of others) expect(line).toMatch(/^ {4}/);
      }),
    );
  });

  it('lets no control character through to the terminal', () => {
    expect(plainLine(entry('a\nb\rc\td\u001b[31mred\u0007\u2028'))).toBe(
      '1970-01-01T00:00:00.000Z INFO  a\\nb\\rc\\td\\u001b[31mred\\u0007\\u2028',
    );
    expect(plainLine(entry('x', { 'na\nme': 'v\u001b' }))).not.toMatch(/\p{Cc}/u);
  });

  it('shows an impossible time as the number it is', () => {
    expect(plainLine(entry('x', {}, NaN))).toBe('NaN INFO  x');
  });
});

describe('an error below a plain line', () => {
  const lines = (error: unknown): string[] =>
    plainLine(entry('The job failed.', { job: 'a', error })).split('\n');

  it('says what happened, where, and what to do', () => {
    const error = new MillraceError('user-code', 'The transform “parse” failed.', {
      where: { at: 'job.ts:12:3', record: '{"a": 1}' },
      hint: 'Fix the function.',
    });
    expect(lines(error)).toEqual([
      '1970-01-01T00:00:00.000Z INFO  The job failed. job=a',
      '    MillraceError (user-code): The transform “parse” failed.',
      '      at: job.ts:12:3',
      '      record: {"a": 1}',
      '      hint: Fix the function.',
    ]);
  });

  it('goes on with what was behind it', () => {
    const cause = new MillraceError('io', 'The disk is full.');
    expect(lines(new MillraceError('internal', 'It failed.', { cause }))).toEqual([
      '1970-01-01T00:00:00.000Z INFO  The job failed. job=a',
      '    MillraceError (internal): It failed.',
      '    caused by MillraceError (io): The disk is full.',
    ]);
  });

  it('shows the stack of an error that is not ours, ten lines of it at most', () => {
    const error = new RangeError('too much');
    error.stack = `RangeError: too much\n${Array.from({ length: 30 }, (_, frame) => `    at f${frame} (a.ts:1:1)`).join('\n')}`;
    const [, first, ...frames] = lines(error);
    expect(first).toBe('    RangeError: too much');
    expect(frames).toHaveLength(10);
    expect(frames[0]).toBe('        at f0 (a.ts:1:1)');
  });

  it('cannot write a line of its own', () => {
    const error = new MillraceError('io', 'broken\n1970-01-01T00:00:00.000Z INFO  All is well.');
    expect(lines(error)).toHaveLength(2);
  });

  it('is a field like others when it is no error', () => {
    expect(lines('timeout')).toEqual(['1970-01-01T00:00:00.000Z INFO  The job failed. job=a error=timeout']);
    expect(lines(undefined)).toHaveLength(1);
  });
});

describe('a line of JSON', () => {
  it('is one object with time, level and message first', () => {
    expect(jsonLine(entry('The job runs.', { job: 'flights', attempt: 2 }))).toBe(
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"The job runs.","job":"flights","attempt":2}',
    );
  });

  it('moves fields aside that would replace its own', () => {
    const parsed = JSON.parse(jsonLine(entry('hello', { message: 'x', level: 'y', time: 'z' }))) as object;
    expect(parsed).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      message: 'hello',
      message_: 'x',
      level_: 'y',
      time_: 'z',
    });
  });

  it('is one line that can be parsed, whatever message and fields hold', () => {
    fc.assert(
      fc.property(anyEntry, (one) => {
        const line = jsonLine(one);
        expect(line).not.toMatch(/[\n\r]/);
        expect(JSON.parse(line)).toMatchObject({ level: 'info' });
      }),
    );
  });

  it('holds an error as an object', () => {
    const line = jsonLine(entry('failed', { error: new MillraceError('io', 'The disk is full.') }));
    expect(JSON.parse(line)).toMatchObject({ error: { code: 'io', message: 'The disk is full.' } });
  });
});
