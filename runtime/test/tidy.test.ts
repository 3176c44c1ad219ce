import { describe, expect, it } from 'vitest';
import { allRules } from './tidy/all-rules.ts';
import { readRepository } from './tidy/repository.ts';
import { checkFiles, describeViolation } from './tidy/rule.ts';

describe('the repository keeps its own rules', () => {
  const violations = checkFiles(readRepository(), allRules);

  it.each(allRules)('and nothing breaks $name', ({ name }) => {
    const found = violations.filter((violation) => violation.rule === name);
    expect(found.map(describeViolation).join('\n')).toBe('');
  });
});
