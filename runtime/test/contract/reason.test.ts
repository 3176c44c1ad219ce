import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import { reasonOf } from '../../src/contract/reason.ts';

describe('the reason of an error', () => {
  it('is its message', () => {
    expect(reasonOf(new Error('refused'))).toBe('refused');
  });

  it('goes on with the causes behind it, to the first one', () => {
    const first = new Error('connect ECONNREFUSED 127.0.0.1:9');
    const failed = new TypeError('fetch failed', { cause: first });
    expect(reasonOf(new Error('no rates', { cause: failed }))).toBe(
      'no rates: fetch failed: connect ECONNREFUSED 127.0.0.1:9',
    );
  });

  it('ends with an error of ours, which tells of its cause in its own words', () => {
    const full = new Error('ENOSPC: no space left on device, write');
    const ours = new MillraceError('io', 'Cannot write orders.ndjson: the disk is full', { cause: full });
    expect(reasonOf(new Error('flush failed', { cause: ours }))).toBe(
      'flush failed: Cannot write orders.ndjson: the disk is full',
    );
  });

  it('does not repeat a cause that the message tells already', () => {
    const cause = new Error('refused');
    expect(reasonOf(new Error('It failed: refused', { cause }))).toBe('It failed: refused');
  });

  it('names each of several causes, also when the error itself says nothing', () => {
    const several = new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')], '');
    expect(reasonOf(new TypeError('fetch failed', { cause: several }))).toBe(
      'fetch failed: connect ::1: connect 127.0.0.1',
    );
  });

  it('takes whatever was thrown or given as a cause', () => {
    expect(reasonOf('a text')).toBe('a text');
    expect(reasonOf(undefined)).toBe('undefined');
    expect(reasonOf(new Error('outer', { cause: 'a text' }))).toBe('outer: a text');
  });

  it('is the name of an error that says nothing at all', () => {
    expect(reasonOf(new TypeError())).toBe('TypeError');
  });

  it('ends when causes go in circles', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(reasonOf(circle)).toBe('round');
    const deep = (depth: number): Error =>
      new Error(`level ${depth};`, { cause: depth < 50 ? deep(depth + 1) : undefined });
    expect(reasonOf(deep(1)).split(': ')).toHaveLength(8);
  });
});
