import { describe, expect, it } from 'vitest';
import { problemsOfSpec, specOf, testField } from './support.ts';

describe('the resources of a worker', () => {
  it('have defaults, each of its own', () => {
    expect(specOf({}).resources).toEqual({ cpu: '1', memory: '1Gi' });
    expect(specOf({ resources: { memory: '2Gi' } }).resources).toEqual({ cpu: '1', memory: '2Gi' });
  });

  const memory = 'spec.resources.memory: expected a size from 128Mi to 4Ti, such as 512Mi or 1.5Gi, found';
  const units = 'Write a number with Ki, Mi, Gi or Ti (powers of 1024), or k, M, G or T (powers of 1000).';
  testField('spec.resources.memory', (value) => ({ resources: { memory: value } }), {
    good: ['128Mi', '134217728', '512M', '1.5Gi', '4Ti'],
    bad: [
      ['127Mi', `${memory} the text "127Mi"`],
      ['4.001Ti', `${memory} the text "4.001Ti"`],
      ['465458732Gi', `${memory} the text "465458732Gi"`],
      ['999999999999999Pi', `${memory} the text "999999999999999Pi"`],
      ['512', `${memory} the text "512" → Add the unit: 512Mi, or 512Gi.`],
      [512, `${memory} the number 512 → Add the unit: 512Mi, or 512Gi.`],
      ['512MB', `${memory} the text "512MB" → Did you mean 512Mi?`],
      ['1 GB', `${memory} the text "1 GB" → Did you mean 1Gi?`],
      ['-1Gi', `${memory} the text "-1Gi" → ${units}`],
      ['', `${memory} an empty text → ${units}`],
      [null, `${memory} nothing (null) → Give it a value, or remove the line.`],
    ],
  });

  const cpu =
    'spec.resources.cpu: expected a number of processors from 50m to 256, such as "2" or 500m, found';
  testField('spec.resources.cpu', (value) => ({ resources: { cpu: value } }), {
    good: ['50m', '0.05', '1', '1.5', '1500m', '256'],
    bad: [
      ['49m', `${cpu} the text "49m"`],
      ['257', `${cpu} the text "257"`],
      ['0', `${cpu} the text "0"`],
      [2, `${cpu} the number 2 → Write it in quotes: "2".`],
      [0.5, `${cpu} the number 0.5 → Write it in quotes: "0.5".`],
      ['two', `${cpu} the text "two" → Write "2" for two processors, 500m for half of one.`],
      ['1,5', `${cpu} the text "1,5" → Write "2" for two processors, 500m for half of one.`],
    ],
  });

  it('are numbers of the whole worker, not limits and requests', () => {
    expect(problemsOfSpec({ resources: { limits: { memory: '1Gi' } } })).toEqual([
      'spec.resources.limits: there is no such field → The fields here are cpu, memory.',
    ]);
  });
});
