import { describe, expect, it } from 'vitest';
import { maximumDepth } from '../../../src/batch/values.ts';
import { nestingProblem } from '../../../src/connectors/formats/depth.ts';

const problemOf = (text: string): string | undefined =>
  nestingProblem(JSON.parse(text), new TextEncoder().encode(text), 0, text.length);
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('the limit of nesting', () => {
  it('lets values pass that the value domain has', () => {
    expect(problemOf(nested(maximumDepth))).toBeUndefined();
    expect(problemOf('{"a":[1,2,{"b":null}]}')).toBeUndefined();
  });

  it('names what is nested deeper', () => {
    expect(problemOf(nested(maximumDepth + 1))).toMatch(/deep|nest/i);
    expect(problemOf(`{"a":${nested(maximumDepth)}}`)).toMatch(/deep|nest/i);
  });

  it('does not mind many brackets side by side, nor brackets in texts', () => {
    expect(problemOf(`[${Array.from({ length: 2000 }, () => '[]').join(',')}]`)).toBeUndefined();
    expect(problemOf(JSON.stringify(['['.repeat(5000)]))).toBeUndefined();
  });
});
