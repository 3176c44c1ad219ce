import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import job from '../../examples/sensors/job.ts';
import { runJob } from '../../src/testing/index.ts';
import { query, withFolder } from './support.ts';

describe('the example “sensors”', () => {
  it('writes the average of the last five minutes of each sensor for every minute', async () => {
    await withFolder(async (baseDirectory) => {
      const result = await runJob(job, { args: { count: '7200' }, baseDirectory });
      expect(result).toMatchObject({ state: 'finished' });

      const rows = query(
        join(baseDirectory, 'sensors.sqlite'),
        'SELECT * FROM averages ORDER BY minute, sensor',
      );
      const sensors = new Set(rows.map((row) => row['sensor']));
      expect(sensors.size).toBe(10);
      const minutes = [...new Set(rows.map((row) => String(row['minute'])))];
      expect(minutes.length).toBeGreaterThanOrEqual(124);
      expect(minutes.slice(5, 8)).toEqual(
        [0, 1, 2].map((past) => new Date(Date.parse(String(minutes[5])) + past * 60_000).toISOString()),
      );
      // Each sensor sends thirty readings in five minutes, and one in fifty is a fault that is left out.
      const whole = rows.filter((row) => row['minute'] === minutes[60]);
      const readings = whole.reduce((sum, row) => sum + Number(row['readings']), 0);
      expect(readings).toBeGreaterThan(280);
      expect(readings).toBeLessThanOrEqual(310);
      for (const { celsius, highest } of rows) {
        expect(Number(celsius)).toBeGreaterThan(14);
        expect(Number(celsius)).toBeLessThanOrEqual(Number(highest));
        expect(Number(highest)).toBeLessThan(26);
      }
      // A reading is in five windows; none was late.
      const inWindows = rows.reduce((sum, row) => sum + Number(row['readings']), 0);
      expect(inWindows % 5).toBe(0);
      expect(inWindows / 5).toBeGreaterThan(7200 * 0.97);
    });
  });
});
