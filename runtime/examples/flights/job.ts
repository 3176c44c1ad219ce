/**
 * How late do planes arrive, airport by airport? Real flights of 2001, in the order in which they took off. What counts is
 * when they landed (departure + delay), and landings come out of order by up to half a day: windows go by event time.
 */
import * as millrace from 'millrace';
import { files } from 'millrace/connectors/files';
import { rateLimit } from 'millrace/connectors/rate-limit';
import { sqliteSink } from 'millrace/connectors/sqlite';
import { serverSentEvents } from 'millrace/connectors/sse';

type Flight = Record<'date' | 'origin' | 'destination', string> & { readonly delay: number };
type Airport = Record<'iata' | 'name' | 'state', string>;
type Week = Record<'windowEnd' | 'flights' | 'delay', number> & { readonly key: string };

const landedMs = ({ date, delay }: Flight): number => Date.parse(`${date} UTC`) + delay * 60_000;

/** Gives each week the name of its airport. Weeks that come before the name wait in the state of their key. */
const enrich = (): millrace.KeyedCoProcessFunction<string, Week, Airport, Record<string, unknown>> => {
  let airport: millrace.ValueState<Airport>;
  let waiting: millrace.ListState<Week>;
  const named = ({ windowEnd, flights, delay }: Week, { iata, name, state }: Airport) => {
    const week = new Date(windowEnd).toISOString().slice(0, 10);
    return { airport: iata, week, name, state, flights, delay: Math.round(delay * 10) / 10 };
  };
  return {
    open(context) {
      airport = context.state(millrace.valueState<Airport>('airport'));
      waiting = context.state(millrace.listState<Week>('waiting'));
    },
    process1(week, _context, output) {
      const known = airport.value();
      if (known === undefined) waiting.add(week);
      else output.emit(named(week, known));
    },
    process2(found, _context, output) {
      airport.update(found);
      for (const week of waiting.get()) output.emit(named(week, found));
      waiting.clear();
    },
  };
};

const job: millrace.Job = (env, { data, database = 'delays.sqlite', port = '0', rate = '1e9' }) => {
  const flights = files<Flight>({ path: `${data}/flights-20k.json`, format: 'json' });
  const arrivals = millrace.boundedOutOfOrderness('12h').withTimestamps(landedMs);
  const weeks = env
    .fromSource(rateLimit(flights, { recordsPerSecond: Number(rate) }), arrivals, { name: 'flights' })
    .keyBy('destination')
    .window(millrace.sliding('7d', '1d'))
    .aggregate({ flights: millrace.count(), delay: millrace.average('delay') })
    .name('weeks');
  const airports = files<Airport>({ path: `${data}/airports.csv`, format: 'csv' });
  const names = env.fromSource(airports, undefined, { name: 'airports' }).keyBy('iata');
  const named = weeks.keyBy('key').connect(names).process(enrich()).name('enrich');
  named.sinkTo(sqliteSink({ file: database, table: 'delays', key: ['airport', 'week'] }));
  named.sinkTo(serverSentEvents({ port: Number(port), page: 'page.html', key: 'airport' })).setParallelism(1);
};
export default job;
