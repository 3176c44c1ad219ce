import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes, and run alone at the end if they begin late. */
const longest: readonly string[] = [
  'runtime/test/e2e/scenarios.test.ts',
  'operator/test/examples/tour.test.ts',
  'operator/test/streamjob/crash-points.test.ts',
];

/** Begins with what takes longest: a clean checkout knows no times of its own. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      longest.some((path) => moduleId.endsWith(path));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
