import { describe, expect, it } from 'vitest';
import job, { recommend, type Visit } from '../../examples/clickstream/job.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { executeAndCollect, runJob } from '../../src/testing/index.ts';
import { withViewer } from './support.ts';

interface Recommendation {
  readonly page: string;
  readonly alsoSeen: readonly { readonly page: string; readonly sessions: number }[];
}

describe('the example “clickstream”', () => {
  it('counts for each page what was seen with it, and tells the three most frequent', async () => {
    const visits: readonly Visit[] = ['b', 'c', 'd', 'e', 'e', 'd', 'e'].map((other) => ({
      page: 'a',
      other,
    }));
    const told = await executeAndCollect((env) =>
      env.fromSource(collection(visits)).keyBy('page').process(recommend()),
    );
    expect(told).toHaveLength(visits.length);
    expect(told[0]).toEqual({ page: 'a', alsoSeen: [{ page: 'b', sessions: 1 }] });
    expect(told.at(-1)).toEqual({
      page: 'a',
      alsoSeen: [
        { page: 'e', sessions: 3 },
        { page: 'd', sessions: 2 },
        { page: 'b', sessions: 1 },
      ],
    });
  });

  it('shows recommendations of the same topic to whoever watches, growing as sessions end', async () => {
    const { system, viewer } = withViewer();
    const result = await runJob(job, { args: { clicks: '4000', rate: '1e9' }, system });
    expect(result).toMatchObject({ state: 'finished' });
    await viewer.ended;

    const told = viewer.records as readonly Recommendation[];
    expect(told.length).toBeGreaterThan(1000);
    expect(new Set(told.map(({ page }) => page)).size).toBe(18);
    const sessions = new Map<string, number>();
    for (const { page, alsoSeen } of told) {
      const topic = page.split('/')[1] as string;
      for (const other of alsoSeen) expect(other.page.split('/')[1]).toBe(topic);
      const best = alsoSeen[0]?.sessions ?? 0;
      expect(best).toBeGreaterThanOrEqual(sessions.get(page) ?? 0);
      sessions.set(page, best);
    }
  });
});
