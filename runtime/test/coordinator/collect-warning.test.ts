import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/artifact/load.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import { Collected, collect } from '../../src/connectors/collect/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { collectWarning } from '../../src/coordinator/collect-warning.ts';

const warning = (parallelism: number): string | undefined => {
  const graph = buildGraph(
    (env) => {
      const numbers = env.fromSource(collection([1]));
      numbers.sinkTo(collect(new Collected())).name('seen');
      numbers.sinkTo(blackhole()).name('gone');
    },
    {},
    { parallelism },
  );
  return collectWarning(graph);
};

describe('a job that collects', () => {
  it('is warned when its slots have threads of their own, where nobody sees what is collected', () => {
    expect(warning(2)).toContain(
      'of “seen” each of the 2 slots fills a copy of its own that nobody else sees',
    );
    expect(warning(2)).not.toContain('gone');
  });

  it('is not when it runs in one slot', () => {
    expect(warning(1)).toBeUndefined();
  });

  it('is not when it does not collect at all', () => {
    const graph = buildGraph(
      (env) => void env.fromSource(collection([1])).sinkTo(blackhole()),
      {},
      { parallelism: 2 },
    );
    expect(collectWarning(graph)).toBeUndefined();
  });
});
