/**
 * Orders know only a customer's number; a service knows the rest. Each order waits for its answer without holding up the
 * others: fifty calls are under way at a time. Start the service first: `npx node runtime/examples/enrichment/service.ts`
 */
import type { Job } from 'millrace';
import { generator } from 'millrace/connectors/generator';
import { print } from 'millrace/connectors/print';

interface Order {
  readonly order: number;
  readonly customer: number;
}
interface Customer {
  readonly name: string;
  readonly city: string;
}

const job: Job = (env, { service, orders = '200' }) => {
  env
    .fromSource(
      generator<Order>({
        count: Number(orders),
        generate: (order, random) => ({ order, customer: random.integer(20) }),
      }),
    )
    .mapAsync<Order & Partial<Customer>>({
      call: async (order, signal) => {
        const response = await fetch(`${service}/customers/${order.customer}`, { signal });
        if (!response.ok) throw new Error(`the service answered ${response.status}`);
        return { ...order, ...((await response.json()) as Customer) };
      },
      // Results leave in the order of the orders; `unordered` would let fast answers overtake slow ones.
      order: 'ordered',
      capacity: 50,
      timeout: '5s',
      retry: { times: 3, backoff: '20ms' },
      // An order whose customer cannot be found out in time goes on without.
      onTimeout: (order) => order,
    })
    .sinkTo(print());
};
export default job;
