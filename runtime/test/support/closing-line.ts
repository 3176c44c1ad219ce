import type { Reporter } from 'vitest/node';

/** How a run ended, in numbers. A file that could not be loaded and an error outside of any test count as failed tests. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

/** The part of vitest's test module that is counted. */
export interface FinishedModule {
  errors(): readonly unknown[];
  readonly children: { allTests(): Iterable<{ result(): { readonly state: string } }> };
}

/** Counts a run. One in which no test ran at all has failed: nothing was shown by it. */
export const totalsOf = (modules: readonly FinishedModule[], errors: readonly unknown[]): Totals => {
  let passed = 0;
  let failed = errors.length;
  for (const module of modules) {
    failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state === 'failed') failed += 1;
    }
  }
  return { passed, failed: passed + failed === 0 ? 1 : failed };
};

/** Prints `N passed, N failed` alone on the last line of a run: written at exit, so that no other reporter comes after it. */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly FinishedModule[], errors: readonly unknown[]): void {
    const { passed, failed } = totalsOf(modules, errors);
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`));
  }
}
