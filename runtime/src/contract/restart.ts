import * as z from 'zod';
import { parseDuration } from './duration.ts';
import { about, block, decimal, duration, inCel, integer, type Rule, type Written } from './field.ts';

/** The same time between any two attempts. */
export interface FixedDelay {
  readonly attempts: number;
  readonly delay: string;
}

/** A time that grows with each failure, and starts again after a while without one. */
export interface ExponentialDelay {
  readonly delay: string;
  readonly maxDelay: string;
  readonly multiplier: number;
  readonly jitter: number;
  readonly resetAfter: string;
}

/** The same time between any two attempts, as long as failures stay rare. */
export interface FailureRate {
  readonly failures: number;
  readonly within: string;
  readonly delay: string;
}

/** What happens when a job fails. The block of the chosen strategy tunes it; without one its defaults hold. */
export interface Restart {
  readonly strategy: 'None' | 'FixedDelay' | 'ExponentialDelay' | 'FailureRate';
  readonly fixedDelay?: FixedDelay | undefined;
  readonly exponentialDelay?: ExponentialDelay | undefined;
  readonly failureRate?: FailureRate | undefined;
}

const delay = (more: string): z.ZodDefault<z.ZodString> =>
  duration('0s', '1d')
    .default('1s')
    .meta(about('live', `Time from a failure to the next attempt${more}.`));

const fixedDelaySchema: z.ZodType<FixedDelay, Written<FixedDelay>> = block({
  attempts: integer(1, 1_000_000)
    .default(10)
    .meta(
      about('live', 'Restarts before the job has failed for good.', {
        alsoKnownAs: ['maxAttempts', 'retries'],
      }),
    ),
  delay: delay(''),
});

const exponentialDelaySchema: z.ZodType<ExponentialDelay, Written<ExponentialDelay>> = block({
  delay: delay(', after the first failure'),
  maxDelay: duration('0s', '1d').default('1m').meta(about('live', 'The longest that this time becomes.')),
  multiplier: decimal(1, 10)
    .default(2)
    .meta(about('live', 'What this time is multiplied by with each further failure.')),
  jitter: decimal(0, 1)
    .default(0.1)
    .meta(
      about(
        'live',
        'The share of this time by which it varies at random, so that many jobs do not come back at once.',
      ),
    ),
  resetAfter: duration('1s', '1d')
    .default('1h')
    .meta(about('live', 'After this time without a failure the next one counts as the first.')),
});

const failureRateSchema: z.ZodType<FailureRate, Written<FailureRate>> = block({
  failures: integer(1, 1_000_000)
    .default(3)
    .meta(
      about(
        'live',
        'Failures that are tolerated within that time; one more and the job has failed for good.',
      ),
    ),
  within: duration('1s', '30d')
    .default('10m')
    .meta(about('live', 'The time in which failures are counted.', { alsoKnownAs: ['interval', 'window'] })),
  delay: delay(''),
});

const blocks = {
  FixedDelay: 'fixedDelay',
  ExponentialDelay: 'exponentialDelay',
  FailureRate: 'failureRate',
} as const;

/** A block that would have no effect is a mistake that its writer would find out about at the worst time. */
const blockOfStrategy: Rule = inCel(
  (restart) => {
    const strategy = restart['strategy'] ?? 'ExponentialDelay';
    return Object.entries(blocks)
      .filter(([name, field]) => name !== strategy && restart[field] !== undefined)
      .map(([name, field]) => ({
        path: [field],
        expected: `no ${field}, since the strategy is ${String(strategy)}`,
        found: field,
        hint: `Set strategy: ${name}, or remove ${field}.`,
      }));
  },
  ...Object.entries(blocks).map(([name, field]) => ({
    rule: `!has(self.${field}) || self.strategy == '${name}'`,
    message: `expected no ${field}, since the strategy is another than ${name}`,
  })),
);

export const restartSchema: z.ZodType<Restart, Written<Restart>> = block(
  {
    strategy: z
      .enum(['None', 'FixedDelay', 'ExponentialDelay', 'FailureRate'])
      .default('ExponentialDelay')
      .meta(
        about(
          'live',
          'Whether and when a failed job is started again from its last checkpoint, or from the beginning if it has none.',
        ),
      ),
    fixedDelay: fixedDelaySchema
      .optional()
      .meta(about('live', 'Tunes the strategy FixedDelay.', { absent: 'its defaults hold' })),
    exponentialDelay: exponentialDelaySchema.optional().meta(
      about('live', 'Tunes the strategy ExponentialDelay, which never gives up.', {
        absent: 'its defaults hold',
      }),
    ),
    failureRate: failureRateSchema
      .optional()
      .meta(about('live', 'Tunes the strategy FailureRate.', { absent: 'its defaults hold' })),
  },
  blockOfStrategy,
);

/** A restart strategy with its numbers, for the one who carries it out. Times in milliseconds. */
export type RestartPolicy =
  | { readonly strategy: 'None' }
  | { readonly strategy: 'FixedDelay'; readonly attempts: number; readonly delayMs: number }
  | {
      readonly strategy: 'ExponentialDelay';
      readonly delayMs: number;
      readonly maxDelayMs: number;
      readonly multiplier: number;
      readonly jitter: number;
      readonly resetAfterMs: number;
    }
  | {
      readonly strategy: 'FailureRate';
      readonly failures: number;
      readonly withinMs: number;
      readonly delayMs: number;
    };

/**
 * The policy that a `restart` block means. Without one a job that has checkpoints is restarted with growing delays, and a job
 * that has none is not: it would begin anew and repeat what it has written.
 */
export const restartPolicyOf = (restart: Restart | undefined, hasCheckpoints: boolean): RestartPolicy => {
  switch (restart?.strategy ?? (hasCheckpoints ? 'ExponentialDelay' : 'None')) {
    case 'None':
      return { strategy: 'None' };
    case 'FixedDelay': {
      const { attempts, delay: text } = restart?.fixedDelay ?? fixedDelaySchema.parse({});
      return { strategy: 'FixedDelay', attempts, delayMs: parseDuration(text) };
    }
    case 'ExponentialDelay': {
      const block = restart?.exponentialDelay ?? exponentialDelaySchema.parse({});
      return {
        strategy: 'ExponentialDelay',
        delayMs: parseDuration(block.delay),
        maxDelayMs: parseDuration(block.maxDelay),
        multiplier: block.multiplier,
        jitter: block.jitter,
        resetAfterMs: parseDuration(block.resetAfter),
      };
    }
    case 'FailureRate': {
      const { failures, within, delay: text } = restart?.failureRate ?? failureRateSchema.parse({});
      return {
        strategy: 'FailureRate',
        failures,
        withinMs: parseDuration(within),
        delayMs: parseDuration(text),
      };
    }
  }
};
