import { describe, expect, it } from 'vitest';
import { problemsOfSpec, specOf, testField } from './support.ts';

describe('dead letters', () => {
  it('fail the job unless something else is said', () => {
    expect(specOf({}).deadLetter).toEqual({ policy: 'Fail', path: 'dead-letters' });
    expect(specOf({ deadLetter: { policy: 'DeadLetter' } }).deadLetter).toEqual({
      policy: 'DeadLetter',
      path: 'dead-letters',
    });
  });

  testField('spec.deadLetter.policy', (value) => ({ deadLetter: { policy: value } }), {
    good: ['Fail', 'DeadLetter', 'Drop'],
    bad: [
      [
        'fail',
        'spec.deadLetter.policy: expected one of Fail, DeadLetter, Drop, found the text "fail" → Did you mean Fail?',
      ],
      [
        'deadLetter',
        'spec.deadLetter.policy: expected one of Fail, DeadLetter, Drop, found the text "deadLetter" → Did you mean DeadLetter?',
      ],
      ['ignore', 'spec.deadLetter.policy: expected one of Fail, DeadLetter, Drop, found the text "ignore"'],
    ],
  });

  testField('spec.deadLetter.path', (value) => ({ deadLetter: { path: value } }), {
    good: ['letters', './a/b', '/var/letters', '../letters'],
    bad: [
      ['', 'spec.deadLetter.path: expected a text of 1 to 1024 characters, found an empty text'],
      [
        'x'.repeat(1025),
        'spec.deadLetter.path: expected a text of 1 to 1024 characters, found a text of 1025 characters',
      ],
    ],
  });

  it.each(['directory', 'file', 'sink'])('go to a path, not to a %s', (name) => {
    expect(problemsOfSpec({ deadLetter: { [name]: 'x' } })).toEqual([
      `spec.deadLetter.${name}: there is no such field → Did you mean path?`,
    ]);
  });

  it.each(['deadLetters', 'deadLetterQueue', 'deadletter'])('are not under spec.%s', (name) => {
    expect(problemsOfSpec({ [name]: {} })).toEqual([
      `spec.${name}: there is no such field → Did you mean deadLetter?`,
    ]);
  });
});
