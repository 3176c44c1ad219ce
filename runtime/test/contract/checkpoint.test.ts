import { describe, expect, it } from 'vitest';
import { type Data, problemsOfSpec, specOf, testField } from './support.ts';

const store = { directory: 'snapshots' };
const place =
  (field: string) =>
  (value: unknown): Data => ({ checkpoint: { store, [field]: value } });
const duration = (minimum: string, maximum: string): string =>
  `expected a duration from ${minimum} to ${maximum}, such as 10s or 1h30m, found`;
const how = 'Write whole numbers with ms, s, m, h or d, the largest unit first: 500ms, 10s, 1h30m.';

describe('checkpoints', () => {
  it('are off unless they are asked for', () => {
    expect(specOf({}).checkpoint).toBeUndefined();
  });

  it('need a place to go to', () => {
    expect(problemsOfSpec({ checkpoint: {} })).toEqual([
      'spec.checkpoint.store: expected a mapping with directory, s3, but it is missing',
    ]);
    expect(problemsOfSpec({ checkpoint: { store: {} } })).toEqual([
      'spec.checkpoint.store: expected exactly one of directory, s3, found none of them',
    ]);
  });

  it('with a store alone get all their defaults', () => {
    expect(specOf({ checkpoint: { store } }).checkpoint).toEqual({
      interval: '10s',
      mode: 'ExactlyOnce',
      store,
      retained: 3,
      timeout: '10m',
      minPause: '0s',
      tolerableFailures: 10,
      unaligned: { enabled: true, timeout: '10s' },
    });
  });

  it('are not asked for by an empty line', () => {
    expect(problemsOfSpec({ checkpoint: null })).toEqual([
      'spec.checkpoint: expected a mapping with interval, mode, store, retained, timeout, minPause, tolerableFailures, unaligned, found nothing (null) → Give it a value, or remove the line.',
    ]);
  });

  it.each(['checkpoints', 'checkpointing', 'snapshots', 'chekpoint'])('are not called %s', (name) => {
    expect(problemsOfSpec({ [name]: {} })).toEqual([
      `spec.${name}: there is no such field → Did you mean checkpoint?`,
    ]);
  });
});

describe('the interval of checkpoints', () => {
  const interval = `spec.checkpoint.interval: ${duration('100ms', '1d')}`;
  testField('spec.checkpoint.interval', place('interval'), {
    good: ['100ms', '1s', '10s', '1m30s', '24h', '1d'],
    bad: [
      ['99ms', `${interval} the text "99ms"`],
      ['0s', `${interval} the text "0s"`],
      ['1d1ms', `${interval} the text "1d1ms"`],
      ['365d', `${interval} the text "365d"`],
      ['999999999d', `${interval} the text "999999999d"`],
      ['10', `${interval} the text "10" → Add the unit: 10s, or 10ms.`],
      [10, `${interval} the number 10 → Add the unit: 10s, or 10ms.`],
      ['1.5m', `${interval} the text "1.5m" → Write whole numbers: 1h30m instead of 1.5h.`],
      ['10 s', `${interval} the text "10 s" → ${how}`],
      ['ten seconds', `${interval} the text "ten seconds" → ${how}`],
      ['', `${interval} an empty text → ${how}`],
      [true, `${interval} true → Write it in quotes: "true".`],
      [{ seconds: 10 }, `${interval} a mapping`],
    ],
  });
});

describe('the other fields of checkpoints', () => {
  testField('spec.checkpoint.mode', place('mode'), {
    good: ['ExactlyOnce', 'AtLeastOnce'],
    bad: [
      [
        'exactly-once',
        'spec.checkpoint.mode: expected one of ExactlyOnce, AtLeastOnce, found the text "exactly-once" → Did you mean ExactlyOnce?',
      ],
      [
        'EXACTLY_ONCE',
        'spec.checkpoint.mode: expected one of ExactlyOnce, AtLeastOnce, found the text "EXACTLY_ONCE" → Did you mean ExactlyOnce?',
      ],
      [
        'AtMostOnce',
        'spec.checkpoint.mode: expected one of ExactlyOnce, AtLeastOnce, found the text "AtMostOnce" → Did you mean AtLeastOnce?',
      ],
    ],
  });
  testField('spec.checkpoint.retained', place('retained'), {
    good: [1, 3, 100],
    bad: [
      [0, 'spec.checkpoint.retained: expected a whole number from 1 to 100, found the number 0'],
      [101, 'spec.checkpoint.retained: expected a whole number from 1 to 100, found the number 101'],
      [2.5, 'spec.checkpoint.retained: expected a whole number from 1 to 100, found the number 2.5'],
    ],
  });
  testField('spec.checkpoint.timeout', place('timeout'), {
    good: ['1s', '10m', '1d'],
    bad: [['500ms', `spec.checkpoint.timeout: ${duration('1s', '1d')} the text "500ms"`]],
  });
  testField('spec.checkpoint.minPause', place('minPause'), {
    good: ['0s', '0ms', '30s', '1d'],
    bad: [['2d', `spec.checkpoint.minPause: ${duration('0s', '1d')} the text "2d"`]],
  });
  testField('spec.checkpoint.tolerableFailures', place('tolerableFailures'), {
    good: [0, 10, 1_000_000],
    bad: [
      [
        -1,
        'spec.checkpoint.tolerableFailures: expected a whole number from 0 to 1000000, found the number -1',
      ],
    ],
  });
  testField('spec.checkpoint.unaligned', place('unaligned'), {
    good: [{}, { enabled: false }, { timeout: '0s' }, { enabled: true, timeout: '1m' }],
    bad: [
      [true, 'spec.checkpoint.unaligned: expected a mapping with enabled, timeout, found true'],
      [
        { enabled: 'yes' },
        'spec.checkpoint.unaligned.enabled: expected true or false, found the text "yes" → YAML 1.2 knows true and false only.',
      ],
      [
        { enabled: 'true' },
        'spec.checkpoint.unaligned.enabled: expected true or false, found the text "true" → Write it without quotes.',
      ],
      [{ enabled: 1 }, 'spec.checkpoint.unaligned.enabled: expected true or false, found the number 1'],
      [
        { after: '1s' },
        'spec.checkpoint.unaligned.after: there is no such field → The fields here are enabled, timeout.',
      ],
    ],
  });
});
