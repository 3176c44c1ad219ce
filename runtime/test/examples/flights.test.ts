import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import job from '../../examples/flights/job.ts';
import { runJob } from '../../src/testing/index.ts';
import { exampleFolder, query, withFolder, withViewer } from './support.ts';

const folder = exampleFolder('flights');
const data = '../../../node_modules/vega-datasets/data';
const dayMs = 86_400_000;

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly destination: string;
}

/** The same question answered by a loop over the whole file. */
const model = (): Map<string, { flights: number; minutes: number }> => {
  const weeks = new Map<string, { flights: number; minutes: number }>();
  const text = readFileSync(join(folder, data, 'flights-20k.json'), 'utf8');
  for (const { date, delay, destination } of JSON.parse(text) as Flight[]) {
    const landedMs = Date.parse(`${date} UTC`) + delay * 60_000;
    const firstEndMs = (Math.floor(landedMs / dayMs) + 1) * dayMs;
    for (let day = 0; day < 7; day++) {
      const week = new Date(firstEndMs + day * dayMs).toISOString().slice(0, 10);
      const sums = weeks.get(`${destination} ${week}`) ?? { flights: 0, minutes: 0 };
      weeks.set(`${destination} ${week}`, {
        flights: sums.flights + 1,
        minutes: sums.minutes + delay,
      });
    }
  }
  return weeks;
};

describe('the example “flights”', () => {
  it('writes the delay of every airport and week, with its name and state, and shows them live', async () => {
    await withFolder(async (output) => {
      const database = join(output, 'delays.sqlite');
      const { system, viewer } = withViewer();
      const result = await runJob(job, { args: { data, database }, baseDirectory: folder, system });
      expect(result).toMatchObject({ state: 'finished' });
      await viewer.ended;

      const rows = query(database, 'SELECT * FROM delays ORDER BY airport, week');
      const weeks = model();
      expect(rows).toHaveLength(weeks.size);
      for (const { airport, week, flights, delay } of rows) {
        const expected = weeks.get([airport, week].join(' '));
        expect(flights).toBe(expected?.flights);
        expect(delay).toBeCloseTo((expected?.minutes ?? 0) / Number(flights), 0);
      }
      expect(rows).toContainEqual({
        airport: 'ORD',
        week: '2001-01-15',
        name: "Chicago O'Hare International",
        state: 'IL',
        flights: expect.any(Number),
        delay: expect.any(Number),
      });

      expect(viewer.page).toContain('Delays of arriving flights');
      const shown = viewer.records.map((record) => JSON.stringify(record)).sort();
      expect(shown).toEqual(
        rows
          .map(({ airport, week, name, state, flights, delay }) =>
            JSON.stringify({ airport, week, name, state, flights, delay }),
          )
          .sort(),
      );
    });
  });

  it('gives the same table in four slots', async () => {
    const tables = await Promise.all(
      [1, 4].map((parallelism) =>
        withFolder(async (output) => {
          const database = join(output, 'delays.sqlite');
          const options = { args: { data, database }, baseDirectory: folder, parallelism };
          expect(await runJob(job, options)).toMatchObject({ state: 'finished' });
          return query(database, 'SELECT * FROM delays ORDER BY airport, week');
        }),
      ),
    );
    expect(tables[1]).toEqual(tables[0]);
  });
});
