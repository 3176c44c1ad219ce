import { describe, expect, it } from 'vitest';
import { getting, isSkipped } from '../../../e2e/harness/tools.ts';
import { scenarios } from '../../../e2e/scenarios/all.ts';

/** All scenarios together take some two minutes of faults. */
const faultsMs = 120_000 / Math.max(4, scenarios.length);
const limitMs = 600_000;

// One seed in all runs: a failure is had again by `npm run e2e`, which takes others.
const seed = 4;

for (const { name, tool, obstacle, run } of scenarios) {
  const why = tool === undefined ? obstacle?.() : getting(tool);
  const more = why === undefined ? '' : ` (${why})`;
  const isLeftOut = tool === undefined ? why !== undefined : isSkipped(tool);
  describe.skipIf(isLeftOut)(`real processes${more}`, () => {
    it(
      `keep what ${name} is named after`,
      async () => {
        const lines: string[] = [];
        const { findings } = await run({ seed, faultsMs, print: (line) => void lines.push(line) });
        expect(findings, lines.join('\n')).toEqual([]);
      },
      limitMs,
    );
  });
}
