import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Collected, collect } from 'millrace/connectors/collect';
import { executeAndCollect } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { measure, measureJob, measureLoop, runToEnd } from '../../bench/measure-job.ts';
import { flinkCosts } from '../../bench/nexmark/flink.ts';
import { queries } from '../../bench/nexmark/queries.ts';
import { scenarios } from '../../bench/scenarios/all.ts';
import { bidPool, poolMask, poolSource } from '../../bench/scenarios/bids.ts';

const command = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));
const bench = (...words: readonly string[]): { readonly code: number | null; readonly text: string } => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--conditions=millrace-source', command, ...words],
    { encoding: 'utf8' },
  );
  return { code: status, text: stdout };
};

describe('the scenarios', () => {
  it('have names and titles of their own', () => {
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
    expect(new Set(scenarios.map(({ title }) => title)).size).toBe(scenarios.length);
    for (const { name } of scenarios) expect(name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
  });

  it('have bars with a bound, and a baseline where a bar is a ratio', () => {
    for (const { bars, baseline, small } of scenarios) {
      for (const bar of bars) {
        expect(bar.atLeast ?? bar.atMost).toBeGreaterThan(0);
        if (bar.figure === 'ratio') expect(baseline).toBeDefined();
        if (bar.figure === 'bytesPerKey') expect(small).toBeDefined();
      }
    }
  });

  it('compare every query of Nexmark with Flink except the one that depends on the clock', () => {
    const compared = queries.map(({ name }) => name).filter((name) => name in flinkCosts);
    expect(compared).toEqual(queries.map(({ name }) => name).filter((name) => name !== 'q12'));
    expect(compared.toSorted()).toEqual(Object.keys(flinkCosts).toSorted());
  });

  it('are listed by the command, those with a name that begins as asked', () => {
    const { code, text } = bench('--list', 'nexmark-q1');
    expect(code).toBe(0);
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['nexmark-q1', 'nexmark-q11', 'nexmark-q12', 'nexmark-q18']);
  });

  it('of ten minutes run only when they are named', () => {
    expect(bench('--list').text).not.toContain('endless-10-minutes');
    expect(bench('--list', 'endless-10-minutes').text).toContain('endless-10-minutes:');
  });
});

describe('a measurement', () => {
  it('has the time and the processor time of what was run', async () => {
    const found = await measure(10, () => {
      const until = performance.now() + 30;
      while (performance.now() < until);
    });
    expect(found.records).toBe(10);
    expect(found.seconds).toBeGreaterThanOrEqual(0.03);
    expect(found.cpuSeconds).toBeGreaterThan(0);
    expect(found.peakRssMiB).toBeGreaterThan(10);
  });

  it('of a job comes after a shorter run of the same job', async () => {
    const runs: number[] = [];
    const found = await measureJob(
      (records) => {
        runs.push(records);
        return (env) => env.fromSource(poolSource(bidPool(), records)).sinkTo(collect(new Collected()));
      },
      5000,
      3000,
    );
    expect(runs).toEqual([3000, 5000]);
    expect([found.records, found.stateRssBytes]).toEqual([5000, undefined]);
  });

  it('of a job that looks at its memory has the memory of the longer run', async () => {
    const found = await measureJob(
      (records, probe) => (env) => {
        probe.look();
        env.fromSource(poolSource(bidPool(), records)).sinkTo(collect(new Collected()));
      },
      100,
    );
    expect(found.stateRssBytes).toBeGreaterThan(1e6);
  });

  it('of a loop comes after a shorter run of the same loop', async () => {
    const runs: number[] = [];
    await measureLoop((records) => runs.push(records), 700_000);
    expect(runs).toEqual([200_000, 700_000]);
  });

  it('fails when the job fails', async () => {
    const job = runToEnd((env) =>
      env
        .fromSource(poolSource(bidPool(), 10))
        .map((bid) => {
          if (bid.dateTime > 0) throw new Error('no bid today');
          return bid;
        })
        .sinkTo(collect(new Collected())),
    );
    await expect(job).rejects.toThrow('no bid today');
  });
});

describe('objects from memory', () => {
  it('come over and over again, in the order of the pool', async () => {
    const pool = bidPool();
    const count = poolMask + 4;
    const bids = await executeAndCollect((env) => env.fromSource(poolSource(pool, count)));

    expect(bids).toHaveLength(count);
    expect(bids[1]).toBe(pool[1]);
    expect(bids.slice(-3)).toEqual(pool.slice(0, 3));
  });
});
