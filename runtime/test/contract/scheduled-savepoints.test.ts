import { describe, expect, it } from 'vitest';
import { specOf, testField } from './support.ts';

describe('savepoints by schedule', () => {
  it('are none where no schedule is given', () => {
    expect(specOf({}).savepoints).toEqual({ retained: 5 });
  });

  const expected =
    'spec.savepoints.schedule: expected a schedule as cron has it (minute, hour, day, month, day of the week), such as "0 3 * * *" or @daily, found';
  testField('spec.savepoints.schedule', (value) => ({ savepoints: { schedule: value } }), {
    good: [
      '* * * * *',
      '0 3 * * *',
      '*/15 8-18 * * MON-FRI',
      '0,30 0 1,15 1-6/2 *',
      '59 23 31 12 7',
      '0 0 29 FEB *',
      '@hourly',
      '@daily',
    ],
    bad: [
      ['', `${expected} an empty text`],
      ['0 3 * *', `${expected} the text "0 3 * *"`],
      ['0 0 3 * * *', `${expected} the text "0 0 3 * * *"`],
      ['60 * * * *', `${expected} the text "60 * * * *"`],
      ['0 24 * * *', `${expected} the text "0 24 * * *"`],
      ['0 0 0 * *', `${expected} the text "0 0 0 * *"`],
      ['0 0 * 13 *', `${expected} the text "0 0 * 13 *"`],
      ['0 0 * * 8', `${expected} the text "0 0 * * 8"`],
      ['*/0 * * * *', `${expected} the text "*/0 * * * *"`],
      ['@reboot', `${expected} the text "@reboot"`],
      ['1h', `${expected} the text "1h"`],
    ],
  });

  const retained = 'spec.savepoints.retained: expected a whole number from 1 to 100, found';
  testField('spec.savepoints.retained', (value) => ({ savepoints: { retained: value } }), {
    good: [1, 100],
    bad: [[0, `${retained} the number 0`]],
  });
});
