import { describe, expect, it } from 'vitest';
import { findingsIn } from '../in-memory.ts';
import { everyTestRuns, sentencesAsNames, testsMirrorSource } from './tests.ts';

const path = 'runtime/test/api/a.test.ts';

describe('the name of a test', () => {
  it.each(["it('works', () => {});", "test('addition', () => {});", "it.each(cases)('maps', () => {});"])(
    'is refused when it is no sentence: %s',
    (text) => {
      expect(findingsIn(sentencesAsNames, { [path]: text })).toHaveLength(1);
    },
  );

  it.each([
    "it('adds two numbers', () => {});",
    "it.prop([a])('keeps every record', () => {});",
    "it.each(cases)('is %s', () => {});",
    'it(name, () => {});',
    "split('a b')",
  ])('is a sentence, or none of a test: %s', (text) => {
    expect(findingsIn(sentencesAsNames, { [path]: text })).toEqual([]);
  });

  it('is reported with what it was', () => {
    expect(findingsIn(sentencesAsNames, { [path]: "\nit('adds', () => {});" })).toEqual([
      `${path}:2: the test name "adds" is not a sentence`,
    ]);
  });
});

describe('a test that does not run', () => {
  it.each(['skip', 'only', 'todo', 'fails'])('is refused: %s', (word) => {
    const text = `it.${word}('adds two numbers', () => {}); describe.${word}('sums', () => {});`;
    expect(findingsIn(everyTestRuns, { [path]: text })).toEqual([
      `${path}:1: calls it.${word}`,
      `${path}:1: calls describe.${word}`,
    ]);
  });

  it('is not every call of that name', () => {
    expect(findingsIn(everyTestRuns, { [path]: 'reader.skip(3); it.each(cases); list.only;' })).toEqual([]);
  });
});

describe('the folders of the tests', () => {
  it('are those of the source', () => {
    const files = {
      'runtime/test/helpers/a.ts': '',
      'runtime/test/api/a.test.ts': '',
      'runtime/test/tidy.test.ts': '',
    };
    expect(findingsIn(testsMirrorSource, files)).toEqual([
      'runtime/test/helpers/a.ts:1: helpers is no folder of runtime/src',
    ]);
  });

  it('may be for what has no folder there', () => {
    expect(
      findingsIn(testsMirrorSource, {
        'runtime/test/issues/7.test.ts': '',
        'runtime/test/connectors/a.test.ts': '',
      }),
    ).toEqual([]);
  });
});
