import { describe, expect, it } from 'vitest';
import { errorText } from '../../src/cli/error-text.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { systemError } from './fake-io.ts';

/** An error of ours whose stack leads nowhere, so that no line of a test is taken for a job's. */
const ours = (
  message: string,
  details: ConstructorParameters<typeof MillraceError>[2] = {},
): MillraceError => {
  const error = new MillraceError('job-invalid', message, details);
  error.stack = `MillraceError: ${message}`;
  return error;
};

const thrownAt = (place: string): Error => {
  const error = new Error('boom');
  error.stack = `Error: boom\n    at parse (${place})`;
  return error;
};

describe('the text of an error of ours', () => {
  it('is the sentence, the places and what to do, one a line', () => {
    const error = ours('The field is missing.', {
      where: { file: 'job.yaml', line: 3 },
      hint: 'Add the field.',
    });
    expect(errorText(error).split('\n')).toEqual([
      'error: The field is missing.',
      '  file      job.yaml',
      '  line      3',
      '  what now  Add the field.',
    ]);
  });

  it('shows no stack', () => {
    expect(errorText(ours('No.', { cause: systemError('EIO') }))).toBe('error: No.');
  });

  it("shows the author's line that lies behind it", () => {
    expect(errorText(ours('No.', { cause: thrownAt('/team/job.ts:3:5') }))).toBe(
      'error: No.\n  at        /team/job.ts:3:5',
    );
  });

  it('keeps lines below each other when a place has several', () => {
    expect(errorText(ours('No.', { where: { record: 'a\nb' } }))).toBe(
      'error: No.\n  record    a\n            b',
    );
  });

  it('is also made of an error that another copy of this module has thrown', () => {
    const foreign = Object.assign(new Error('Foreign.'), {
      name: 'MillraceError',
      code: 'io',
      where: { file: 'a' },
      hint: 'Look.',
    });
    expect(errorText(foreign)).toBe('error: Foreign.\n  file      a\n  what now  Look.');
  });
});

describe('the text of an error of the operating system', () => {
  it('is its message and what to look at, without a stack', () => {
    expect(errorText(systemError('ENOSPC', { path: '/data' }))).toBe(
      'error: ENOSPC: it went wrong\n  what now  See whether the path is right, whether it may be read and written, and whether the disk has room.',
    );
    expect(errorText(systemError('ENOSPC'))).toContain('whether the disk has room');
  });

  it('speaks of the address when the network is what failed', () => {
    for (const about of [{ address: '127.0.0.1', port: 9 }, { hostname: 'nowhere' }]) {
      expect(errorText(systemError('ECONNREFUSED', about))).toContain('whether the address is right');
    }
  });
});

describe('the text of what nobody has foreseen', () => {
  it('asks for a report, and has the stack in it', () => {
    const [sentence, advice, ...frames] = errorText(new TypeError('x is undefined')).split('\n');
    expect(sentence).toBe('error: x is undefined');
    expect(advice).toBe('  what now  This is a defect of Millrace; please report it with these lines.');
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(frame).toMatch(/^ {4}at /);
  });

  it('tells the causes', () => {
    const error = new Error('outer', { cause: new Error('inner') });
    expect(errorText(error)).toMatch(/^error: outer: inner\n/);
  });

  it.each([['a text'], [undefined], [null], [42]])('takes whatever was thrown: %s', (thrown) => {
    expect(errorText(thrown)).toBe(
      `error: ${String(thrown)}\n  what now  This is a defect of Millrace; please report it with these lines.`,
    );
  });
});

describe('the text of any error', () => {
  it('cannot move the cursor, colour the terminal or ring its bell', () => {
    const nasty = '\u001b[31mred\u0007\u009b2J\u2028';
    const shown = '\u{FFFD}[31mred\u{FFFD}\u{FFFD}2J\u{FFFD}';
    expect(errorText(ours(nasty, { where: { record: nasty }, hint: nasty }))).toBe(
      `error: ${shown}\n  record    ${shown}\n  what now  ${shown}`,
    );
    expect(errorText(new Error(nasty))).toContain(shown);
    expect(errorText(Object.assign(systemError('EIO'), { message: nasty }))).toContain(shown);
  });

  it('shows tabs as blanks, so that columns stay', () => {
    expect(errorText(ours('a\tb'))).toBe('error: a b');
  });
});
