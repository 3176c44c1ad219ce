/** A service that knows customers, slow and sometimes out of order, as services are. */
import { createServer } from 'node:http';

const cities = ['Kyiv', 'Oslo', 'Lima', 'Pune'];
let calls = 0;

const server = createServer((request, response) => {
  const number = Number(/^\/customers\/(\d+)$/.exec(request.url ?? '')?.[1] ?? Number.NaN);
  calls++;
  // Every seventh call fails: the job asks again.
  response.statusCode = calls % 7 === 0 ? 503 : 200;
  const customer = { name: `Customer ${number}`, city: cities[number % cities.length] };
  setTimeout(() => response.end(JSON.stringify(customer)), (calls % 5) * 10);
});
server.listen(Number(process.argv[2] ?? 8090), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${JSON.stringify((server.address() as { port: number }).port)}\n`);
});
