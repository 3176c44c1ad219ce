/** The first program of every stream processor: how often has each word come so far? */
import { type Collector, count, type Job } from 'millrace';
import { collection } from 'millrace/connectors/collection';
import { print } from 'millrace/connectors/print';

const lines = [
  'Whether ’tis nobler in the mind to suffer',
  'The slings and arrows of outrageous fortune,',
  'Or to take arms against a sea of troubles',
  'And by opposing end them: to die, to sleep.',
];

/** Any number of results for a record: that is a flatMap. */
const words = (line: string, output: Collector<string>): void => {
  for (const [word] of line.toLowerCase().matchAll(/[\p{Letter}’]+/gu)) output.emit(word);
};

const job: Job = (env) => {
  env
    .fromSource(collection(lines))
    .flatMap(words)
    // All records of a word come together in one subtask, which keeps its count.
    .keyBy((word) => word)
    .aggregate({ times: count() })
    .map(({ key, times }) => `${key} ${times}`)
    .sinkTo(print());
};
export default job;
