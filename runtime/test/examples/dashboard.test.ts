import { describe, expect, it } from 'vitest';
import job from '../../examples/dashboard/job.ts';
import { runJob } from '../../src/testing/index.ts';
import { exampleFolder, withViewer } from './support.ts';

interface Second {
  readonly country: string;
  readonly second: number;
  readonly orders: number;
  readonly turnover: number;
}

describe('the example “dashboard”', () => {
  it('serves its page and pushes the turnover of every country and second to it', async () => {
    const { system, viewer } = withViewer();
    const result = await runJob(job, {
      args: { orders: '2000', rate: '1e6', port: '0' },
      baseDirectory: exampleFolder('dashboard'),
      system,
    });
    expect(result).toMatchObject({ state: 'finished' });
    await viewer.ended;

    expect(viewer.page).toContain("new EventSource('events')");
    const seconds = viewer.records as readonly Second[];
    expect(seconds.reduce((sum, { orders }) => sum + orders, 0)).toBe(2000);
    expect(new Set(seconds.map(({ country }) => country)).size).toBe(7);
    for (const { second, orders, turnover } of seconds) {
      expect(second % 1000).toBe(0);
      expect(turnover).toBeGreaterThanOrEqual(orders * 5);
      expect(turnover).toBeLessThan(orders * 200);
    }
  });
});
