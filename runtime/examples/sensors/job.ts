/**
 * Rolling averages of temperature sensors: over the last five minutes, every minute, into a database. Readings that no sensor
 * can mean are left out; those that were on their way for up to thirty seconds still count in their own minute.
 */
import { average, boundedOutOfOrderness, col, count, type Job, maximum, sliding } from 'millrace';
import { generator } from 'millrace/connectors/generator';
import { sqliteSink } from 'millrace/connectors/sqlite';

interface Reading {
  readonly sensor: string;
  readonly celsius: number;
  readonly time: number;
}

const firstMs = Date.UTC(2026, 0, 1);

/** Ten sensors, a reading a second in all, sent up to half a minute late; one in fifty is a fault of the sensor. */
const readings = (count: number) =>
  generator<Reading>({
    count,
    seed: 7,
    generate: (index, random) => ({
      sensor: `sensor-${index % 10}`,
      celsius: random.next() < 0.02 ? -273.2 : 20 + Math.sin(index / 600) * 5 + random.next(),
      time: firstMs + index * 1000 - Math.floor(random.next() * 30_000),
    }),
  });

const job: Job = (env, { count: readingCount = '36000', database = 'sensors.sqlite' }) => {
  env
    .fromSource(readings(Number(readingCount)), boundedOutOfOrderness<Reading>('30s').withTimestamps('time'))
    // An expression instead of a function: the planner can see what it reads.
    .where(col('celsius').gt(-60))
    .keyBy('sensor')
    .window(sliding('5m', '1m'))
    .aggregate({ readings: count(), celsius: average('celsius'), highest: maximum('celsius') })
    .map(({ key, windowEnd, ...values }) => ({ sensor: key, minute: new Date(windowEnd), ...values }))
    .sinkTo(sqliteSink({ file: database, table: 'averages', key: ['sensor', 'minute'] }));
};
export default job;
