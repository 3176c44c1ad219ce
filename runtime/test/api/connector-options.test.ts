import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkOptions, functionOption } from '../../src/api/connector-options.ts';

const schema = z.strictObject({
  path: z.string(),
  limit: z.number().int().default(7),
  timestamp: z.union([z.string(), functionOption<() => number>()]).optional(),
});

const messageOf = (options: unknown): string => {
  try {
    checkOptions('orders', schema, options);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

describe('the options of a connector', () => {
  it('come back with defaults filled in', () => {
    const timestamp = (): number => 1;
    expect(checkOptions('orders', schema, { path: 'x', timestamp })).toEqual({
      path: 'x',
      limit: 7,
      timestamp,
    });
  });

  it('are refused with every fault in one sentence that names the connector', () => {
    expect(messageOf({ path: 5, limit: 1.5, pth: 1 })).toBe(
      'The options of orders() are wrong: path: Invalid input: expected string, received number; ' +
        'limit: Invalid input: expected int, received number; Unrecognized key: "pth".',
    );
    expect(() => checkOptions('orders', schema, {})).toThrowError(
      expect.objectContaining({ code: 'job-invalid', hint: 'Correct the options of orders().' }),
    );
  });

  it('that are none at all are refused too', () => {
    expect(messageOf(undefined)).toContain('expected object, received undefined');
    expect(messageOf(null)).toContain('expected object, received null');
  });

  it('say of a choice what each form expects', () => {
    expect(messageOf({ path: 'x', timestamp: 5 })).toBe(
      'The options of orders() are wrong: timestamp: Invalid input: expected string, received number, or expected a function.',
    );
  });
});
