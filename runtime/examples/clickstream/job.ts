/**
 * “Who looked at this also looked at …”, live: clicks become sessions, and each page counts what was seen in its sessions.
 */
import * as millrace from 'millrace';
import { generator } from 'millrace/connectors/generator';
import { serverSentEvents } from 'millrace/connectors/sse';

type Click = Record<'user' | 'page', string> & { readonly time: number };
export type Visit = Record<'page' | 'other', string>;

/** Counts for each page which others were seen in the same session; tells the three most frequent. */
export const recommend = (): millrace.KeyedProcessFunction<string, Visit, Record<string, unknown>> => {
  let counts: millrace.MapState<string, number>;
  return {
    open(context) {
      counts = context.state(millrace.mapState<string, number>('counts'));
    },
    process({ page, other }, _context, output) {
      counts.put(other, (counts.get(other) ?? 0) + 1);
      const best = [...counts.entries()].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, 3);
      output.emit({ page, alsoSeen: best.map(([name, sessions]) => ({ page: name, sessions })) });
    },
  };
};

/** Users who look at pages of one of three topics, and at another topic later. */
const clicks = (count: number, recordsPerSecond: number) =>
  generator<Click>({
    count,
    seed: 11,
    recordsPerSecond,
    generate: (index, random) => {
      const user = random.integer(50);
      const topic = ['garden', 'music', 'travel'][(user + Math.floor(index / 5000)) % 3];
      const page = `/${topic}/${Math.floor(random.next() ** 2 * 6)}`;
      return { user: `user-${user}`, page, time: index * 2000 };
    },
  });

/** Every two pages of a session. */
const pairs = ({ pages }: { readonly pages: readonly string[] }, output: millrace.Collector<Visit>): void => {
  const seen = [...new Set(pages)];
  for (const page of seen) for (const other of seen) if (page !== other) output.emit({ page, other });
};

const job: millrace.Job = (env, { clicks: count = '20000', rate = '2000', port = '0' }) => {
  const source = clicks(Number(count), Number(rate));
  env
    .fromSource(source, millrace.boundedOutOfOrderness<Click>('1m').withTimestamps('time'))
    .keyBy('user')
    .window(millrace.session('2m'))
    .aggregate({ clicks: millrace.count(), pages: millrace.collectAll('page') })
    .flatMap(pairs)
    .keyBy('page')
    .process(recommend())
    .sinkTo(serverSentEvents({ port: Number(port) }))
    .setParallelism(1);
};
export default job;
