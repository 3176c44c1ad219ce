import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPartitioner, partitionName } from '../../../src/connectors/files/partition.ts';

describe('the name of a partition', () => {
  it('is one harmless name, whatever the value', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.anything({ withDate: true })),
        (value) => {
          const name = partitionName(value);
          expect(name).toMatch(/^[\p{L}\p{N}_.~%-]+$/u);
          expect(name.startsWith('.')).toBe(false);
          expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(200);
        },
      ),
      { numRuns: 1000, seed: 1 },
    );
  });

  it('is another for another text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (a, b) => {
          if (a.isWellFormed() && b.isWellFormed() && a !== b)
            expect(partitionName(a)).not.toBe(partitionName(b));
        },
      ),
      { numRuns: 1000, seed: 2 },
    );
    expect(partitionName('x'.repeat(500))).not.toBe(partitionName(`${'x'.repeat(499)}y`));
  });

  it.each([
    ['DE', 'DE'],
    ['São Paulo', 'São%20Paulo'],
    ['a/../b', 'a%2F..%2Fb'],
    ['..', '%2E%2E'],
    ['...x', '%2E%2E%2Ex'],
    ['a%2F', 'a%252F'],
    ['', '__empty__'],
    ['__empty__', '%5F_empty__'],
    [null, '__null__'],
    [undefined, '__null__'],
    [5.5, '5.5'],
    [-1, '-1'],
    [true, 'true'],
    [12n, '12'],
    [new Date(1000), '1000'],
  ])('of %o is %s', (value, name) => {
    expect(partitionName(value)).toBe(name);
  });
});

describe('the directory of a record', () => {
  it('is that of the sink when nothing is said', () => {
    expect(createPartitioner(undefined)({ a: 1 }, 5)).toBe('');
  });

  it('names field and value, the same again when it is asked again', () => {
    const partition = createPartitioner('country');
    const asked = [
      { country: 'DE' },
      { country: 'DE' },
      { country: 1 },
      { country: '1' },
      {},
      null,
      'text',
      { country: null },
    ];
    expect(asked.map((record) => partition(record, 0))).toEqual([
      'country=DE',
      'country=DE',
      'country=1',
      'country=1',
      'country=__null__',
      'country=__null__',
      'country=__null__',
      'country=__null__',
    ]);
  });

  it('does not take what the prototype has for a field', () => {
    expect(createPartitioner('constructor')({}, 0)).toBe('constructor=__null__');
    expect(createPartitioner('__proto__')({}, 0)).toBe('__proto__=__null__'.replace(/^__/, '%5F_'));
  });

  it('is right for more values than are remembered', () => {
    const partition = createPartitioner('k');
    for (let round = 0; round < 2; round++) {
      for (let k = 0; k < 12_000; k += 7) expect(partition({ k }, 0)).toBe(`k=${k}`);
    }
  });

  it('follows the time in UTC, whatever order records come in', () => {
    const partition = createPartitioner({ time: 'yyyy/MM/dd/HHmm' });
    fc.assert(
      fc.property(
        fc.array(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }), {
          maxLength: 5,
        }),
        (dates) => {
          for (const date of dates) {
            const [day, time] = date.toISOString().split('T') as [string, string];
            expect(partition(null, date.getTime())).toBe(
              `${day.replaceAll('-', '/')}/${time.slice(0, 5).replace(':', '')}`,
            );
          }
        },
      ),
      { seed: 3 },
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300])(
    'says that there is no time for %d',
    (timeMs) => {
      expect(createPartitioner({ time: 'yyyy' })(null, timeMs)).toBe('__null__');
    },
  );

  it('has years before and far behind ours', () => {
    const partition = createPartitioner({ time: 'yyyy-MM' });
    expect(partition(null, Date.UTC(9999, 11, 31))).toBe('9999-12');
    expect(partition(null, -1)).toBe('1969-12');
  });
});
