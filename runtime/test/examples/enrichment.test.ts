import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import job from '../../examples/enrichment/job.ts';
import { runJob } from '../../src/testing/index.ts';
import { withOutput } from './support.ts';

const withService = async <R>(answer: RequestListener, use: (service: string) => Promise<R>): Promise<R> => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

describe('the example “enrichment”', () => {
  it('gives every order its customer, in order, although the service answers out of order and fails now and then', async () => {
    const { system, lines } = withOutput();
    const waiting: (() => void)[] = [];
    let calls = 0;
    const answer: RequestListener = (request, response) => {
      calls++;
      response.statusCode = calls % 7 === 0 ? 503 : 200;
      const number = request.url?.split('/').at(-1);
      waiting.push(() => response.end(JSON.stringify({ name: `Customer ${number}`, city: 'Oslo' })));
      // Answers two at a time, the later one first.
      if (waiting.length % 2 === 0 || calls >= 30) while (waiting.length > 0) waiting.pop()?.();
    };
    const result = await withService(answer, (service) =>
      runJob(job, { args: { service, orders: '30' }, system }),
    );
    expect(result).toMatchObject({ state: 'finished' });
    const printed = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(printed.map(({ order }) => order)).toEqual(Array.from({ length: 30 }, (_, order) => order));
    for (const { customer, name, city } of printed) {
      expect([name, city]).toEqual([`Customer ${String(customer)}`, 'Oslo']);
    }
    expect(calls).toBeGreaterThan(30);
  });

  it('fails and names the transform and the order when the service never works', async () => {
    const { system } = withOutput();
    const broken: RequestListener = (_request, response) => void response.writeHead(500).end();
    const result = await withService(broken, (service) =>
      runJob(job, { args: { service, orders: '1' }, system }),
    );
    expect(result).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('the service answered 500') as string },
    });
  });
});
