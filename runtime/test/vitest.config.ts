import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './support/closing-line.ts';
import { LongestFirst } from './support/longest-first.ts';

// One process per test file keeps the machine's two cores busy without the tests sharing module state.
export default defineConfig({
  ssr: { resolve: { conditions: ['millrace-source'] } },
  test: {
    include: ['runtime/test/**/*.test.ts', 'operator/test/**/*.test.ts'],
    setupFiles: ['runtime/test/support/seed.ts'],
    execArgv: ['--conditions=millrace-source'],
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    reporters: ['default', new ClosingLineReporter()],
  },
});
