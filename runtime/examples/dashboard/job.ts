/**
 * A live dashboard: orders a second and turnover by country, pushed to every open browser as they happen. Open the address
 * that the log names. `orders` bounds the run; without it the job goes on until Ctrl-C.
 */
import { count, ingestionTime, type Job, sum, tumbling } from 'millrace';
import { generator } from 'millrace/connectors/generator';
import { serverSentEvents } from 'millrace/connectors/sse';

interface Order {
  readonly country: string;
  readonly price: number;
}

const countries = ['Brazil', 'Canada', 'France', 'India', 'Kenya', 'Norway', 'Ukraine'];

const orders = (count: string | undefined, recordsPerSecond: number) =>
  generator<Order>({
    ...(count === undefined ? {} : { count: Number(count) }),
    recordsPerSecond,
    generate: (_index, random) => ({
      // The square makes some countries buy more than others.
      country: countries[Math.floor(random.next() ** 2 * countries.length)] ?? 'Brazil',
      price: 5 + random.integer(195),
    }),
  });

const job: Job = (env, { orders: orderCount, rate = '500', port = '8080' }) => {
  env
    // Event time is the moment at which an order comes in.
    .fromSource(orders(orderCount, Number(rate)), ingestionTime<Order>())
    .keyBy('country')
    .window(tumbling('1s'))
    .aggregate({ orders: count(), turnover: sum('price') })
    .map(({ key, windowEnd, ...values }) => ({ country: key, second: windowEnd, ...values }))
    .sinkTo(serverSentEvents({ port: Number(port), page: 'page.html', history: 500 }))
    .setParallelism(1);
};
export default job;
