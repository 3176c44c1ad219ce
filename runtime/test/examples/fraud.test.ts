import { describe, expect, it } from 'vitest';
import job, { type Alert, detectFraud, type Payment } from '../../examples/fraud/job.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { monotonousTimestamps } from '../../src/index.ts';
import { executeAndCollect, runJob } from '../../src/testing/index.ts';
import { withOutput } from './support.ts';

const alerts = (payments: readonly Payment[]): Promise<readonly Alert[]> =>
  executeAndCollect((env) =>
    env
      .fromSource(collection(payments), monotonousTimestamps<Payment>().withTimestamps('time'))
      .keyBy('account')
      .process(detectFraud()),
  );

describe('the example “fraud”', () => {
  it('gives an alert when a large payment follows a small one of the same account', async () => {
    const payments = [
      { account: 1, amount: 0.5, time: 0 },
      { account: 2, amount: 800, time: 1000 },
      { account: 1, amount: 800, time: 2000 },
    ];
    expect(await alerts(payments)).toEqual([{ account: 1, tried: 0.5, amount: 800 }]);
  });

  it('gives none when another payment came between, or the small one is more than a minute ago', async () => {
    const between = [
      { account: 1, amount: 0.5, time: 0 },
      { account: 1, amount: 20, time: 1000 },
      { account: 1, amount: 800, time: 2000 },
    ];
    expect(await alerts(between)).toEqual([]);
    const after = [
      { account: 1, amount: 0.5, time: 0 },
      { account: 2, amount: 20, time: 60_002 },
      { account: 1, amount: 800, time: 60_003 },
    ];
    expect(await alerts(after)).toEqual([]);
  });

  it('finds the few suspicious accounts among a hundred thousand payments', async () => {
    const { system, lines } = withOutput();
    expect(await runJob(job, { system })).toMatchObject({ state: 'finished' });
    const printed = lines().map((line) => JSON.parse(line) as Alert);
    expect(printed.length).toBeGreaterThan(20);
    expect(printed.length).toBeLessThan(60);
    for (const { tried, amount } of printed) expect([tried, amount]).toEqual([0.5, 900]);
  });
});
