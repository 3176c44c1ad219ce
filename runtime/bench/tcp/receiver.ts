/** The process of the receiving end: `node receiver.ts PAYLOAD` prints its port, and at the end its cost. */
import { receiveBatches } from './ends.ts';
import { type PayloadName, payloads } from './payloads.ts';

const { consume } = payloads[process.argv[2] as PayloadName];
let sum = 0;
await receiveBatches(
  (port) => void process.stdout.write(`${port}\n`),
  (batch) => {
    sum += consume(batch);
  },
);
const { user, system } = process.cpuUsage();
process.stdout.write(`${JSON.stringify({ sum, cpuSeconds: (user + system) / 1e6 })}\n`);
