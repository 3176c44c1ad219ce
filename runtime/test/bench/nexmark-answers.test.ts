import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Collected, collect } from 'millrace/connectors/collect';
import { runJob } from 'millrace/testing';
import { describe, expect, it } from 'vitest';
import { goldenClock } from '../../bench/nexmark/hashes.ts';
import { queries } from '../../bench/nexmark/queries.ts';
import type { Query } from '../../bench/nexmark/query.ts';

interface Golden {
  readonly events: number;
  readonly rows: number;
  readonly sha256: string;
}

const golden = (file: string): Buffer => readFileSync(new URL(`golden/${file}`, import.meta.url));

const finalResults = (query: Query, results: readonly unknown[]): readonly unknown[] => {
  const { keyOf } = query;
  if (keyOf === undefined) return results;
  return [...new Map(results.map((result) => [keyOf(result), result])).values()];
};

/** The final content of a query's results as sorted lines. */
const answer = async (
  query: Query,
  events: number,
  options: Parameters<typeof runJob>[1] = {},
): Promise<readonly string[]> => {
  const collected = new Collected<unknown>();
  const result = await runJob(query.job({ events, clock: goldenClock }, collect(collected)), options);
  if (result.state === 'failed') throw result.error;
  return finalResults(query, collected.values)
    .map((found) => JSON.stringify(query.rowOf(found)))
    .toSorted();
};

const recorded = queries.filter(({ name }) => name !== 'q12');

describe('Nexmark answers', () => {
  it.each(recorded)('the answer of $name is the one that Flink gave', async (query) => {
    const expected = JSON.parse(golden(`${query.name}.json`).toString()) as Golden;
    const lines = await answer(query, expected.events);

    const first = gunzipSync(golden(`${query.name}.ndjson.gz`))
      .toString()
      .trimEnd()
      .split('\n');
    expect(lines.slice(0, first.length)).toEqual(first);
    expect(lines).toHaveLength(expected.rows);
    const hash = createHash('sha256');
    for (const line of lines) hash.update(`${line}\n`);
    expect(hash.digest('hex')).toBe(expected.sha256);
  });

  it.each(recorded)(
    'the answer of $name is the same with every transform alone and on two slots',
    async (query) => {
      const events = 5000;
      const alone = await answer(query, events);
      expect(await answer(query, events, { chaining: false })).toEqual(alone);
      expect(await answer(query, events, { parallelism: 2 })).toEqual(alone);
    },
  );
});
