import type { Reporter } from 'vitest/node';

/** How a run ended, in numbers. A file that could not be loaded and an error outside of any test count as failed tests. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's test that is counted. */
export interface FinishedTest {
  /** Its suites and itself, joined by ` > `. */
  readonly fullName: string;
  result(): { readonly state: string };
}

/** The part of vitest's test module that is counted. */
export interface FinishedModule {
  errors(): readonly unknown[];
  readonly children: { allTests(): Iterable<FinishedTest> };
}

/** Counts a run. One in which no test ran at all has failed: nothing was shown by it. */
export const totalsOf = (modules: readonly FinishedModule[], errors: readonly unknown[]): Totals => {
  let passed = 0;
  let failed = errors.length;
  let skipped = 0;
  for (const module of modules) {
    failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state === 'failed') failed += 1;
      else if (state === 'skipped') skipped += 1;
    }
  }
  return { passed, failed: passed + failed === 0 ? 1 : failed, skipped };
};

/** The outermost names of tests that name the command without which they do not run. */
export const lackingTools = (modules: readonly FinishedModule[]): readonly string[] => {
  const suites = modules
    .flatMap((module) => [...module.children.allTests()])
    .filter((test) => test.result().state === 'skipped')
    .map(({ fullName }) => fullName.split(' > ')[0] ?? fullName);
  return [...new Set(suites)].filter((name) => name.endsWith(' gets it)'));
};

/**
 * Prints `N passed, N failed` alone on the last line of a run, with `, N skipped` if there are such, and before it what was skipped for
 * want of a tool: written at exit, so that no other reporter comes after it.
 */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly FinishedModule[], errors: readonly unknown[]): void {
    const { passed, failed, skipped } = totalsOf(modules, errors);
    const lacking = lackingTools(modules).map((name) => `skipped: ${name}\n`);
    const more = skipped === 0 ? '' : `, ${skipped} skipped`;
    process.once('exit', () =>
      process.stdout.write(`${lacking.join('')}${passed} passed, ${failed} failed${more}\n`),
    );
  }
}
