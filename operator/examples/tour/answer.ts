import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly destination: string;
}

const dayMs = 86_400_000;
/** Whoever has written the table may just be closing it. */
const closingMs = 10_000;

const open = (database: string): DatabaseSync =>
  new DatabaseSync(database, { readOnly: true, timeout: closingMs });

/** The question of the flights job answered by a loop over the whole file: of each airport and week, arrivals and their mean delay. */
const answers = (file: string): ReadonlyMap<string, string> => {
  const weeks = new Map<string, { flights: number; minutes: number }>();
  for (const { date, delay, destination } of JSON.parse(readFileSync(file, 'utf8')) as Flight[]) {
    const landedMs = Date.parse(`${date} UTC`) + delay * 60_000;
    const firstEndMs = (Math.floor(landedMs / dayMs) + 1) * dayMs;
    for (let day = 0; day < 7; day++) {
      const key = `${destination} ${new Date(firstEndMs + day * dayMs).toISOString().slice(0, 10)}`;
      const { flights, minutes } = weeks.get(key) ?? { flights: 0, minutes: 0 };
      weeks.set(key, { flights: flights + 1, minutes: minutes + delay });
    }
  }
  const text = ({ flights, minutes }: { flights: number; minutes: number }): string =>
    `${flights} ${Math.round((minutes / flights) * 10) / 10}`;
  return new Map([...weeks].map(([key, week]) => [key, text(week)]));
};

/** How the table that the job has written compares with that. */
export interface Comparison {
  readonly rows: number;
  /** Rows that are missing, too many, or other than they should be. */
  readonly wrong: number;
}

export const compare = (database: string, file: string): Comparison => {
  const table = open(database);
  const rows = table.prepare('SELECT airport, week, flights, delay FROM delays').all();
  table.close();
  const expected = answers(file);
  const right = rows.filter(
    ({ airport, week, flights, delay }) =>
      expected.get(`${String(airport)} ${String(week)}`) === `${String(flights)} ${String(delay)}`,
  ).length;
  return { rows: rows.length, wrong: Math.max(rows.length, expected.size) - right };
};

/** What people may want to know, too. */
export const busiest = (database: string): string => {
  const table = open(database);
  const rows = table
    .prepare(`
      SELECT name, sum(flights) / 7 AS flights, round(sum(flights * delay) / sum(flights), 1) AS delay
      FROM delays GROUP BY airport ORDER BY 2 DESC LIMIT 3`)
    .all();
  table.close();
  const lines = rows.map(
    ({ name, flights, delay }) =>
      `  ${String(name).padEnd(40)}${String(flights).padStart(5)} arrivals, ${Number(delay).toFixed(1)} minutes late in the mean`,
  );
  return `The busiest airports:\n${lines.join('\n')}\n`;
};
