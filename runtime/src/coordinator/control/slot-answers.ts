import { Buffer } from 'node:buffer';
import { hashValue } from '../../batch/hash.ts';
import { valueFromJson } from '../../batch/json-value.ts';
import { assertSupported } from '../../batch/values.ts';
import type { Download, StateAnswer, StateQuery } from '../../contract/control/workers.ts';
import { MillraceError } from '../../contract/errors.ts';
import { uidOf } from '../../graph/stateful.ts';
import { keyGroupOf } from '../../state/key-groups.ts';
import type { Random } from '../../sys/system.ts';
import type { StateReply } from '../../task/slot-questions.ts';
import type { Attempt } from '../attempt.ts';
import type { LocalJob } from '../local-job.ts';
import type { Answers } from './job-control.ts';

const keyOf = (text: string): unknown => {
  try {
    const key = valueFromJson(JSON.parse(text));
    assertSupported(key, 'a key');
    return key;
  } catch (error) {
    throw new MillraceError('request-invalid', `The key is no JSON of a value: ${(error as Error).message}`, {
      hint: 'A text stands in quotes: "a"; a key of two fields is a list: ["a",1].',
    });
  }
};

const insideOf = (job: LocalJob): Attempt => {
  const { inside } = job;
  if (inside !== undefined) return inside;
  throw new MillraceError('unavailable', `The job is ${job.state}: nothing runs that could be asked.`, {
    hint: 'Ask again when it runs.',
  });
};

const queryState = async (
  job: LocalJob,
  { transform, state, key: text }: StateQuery,
): Promise<StateAnswer> => {
  const { tasks, maxParallelism } = job.graph;
  const task = tasks.find(({ chain }) => chain.some((node) => uidOf(node) === transform));
  if (task === undefined) {
    const uids = tasks.flatMap(({ chain }) => chain.map(uidOf)).join(', ');
    throw new MillraceError('not-found', `The job has no transform with the uid “${transform}”.`, {
      hint: `It has ${uids}.`,
    });
  }
  const attempt = insideOf(job);
  const { routing } = attempt;
  const key = keyOf(text);
  const keyGroup = keyGroupOf(hashValue(key), maxParallelism);
  const slot = (routing.slotOf[keyGroup] as number) % task.parallelism;
  const answer = await attempt.ask(slot, { kind: 'state', transform, state, key });
  const reply = JSON.parse(Buffer.from(answer).toString()) as StateReply;
  return { keyGroup, slot, found: reply.found, value: reply.value };
};

/** What a slot takes of itself, piece by piece as it is fetched. */
const download = async (
  job: LocalJob,
  slot: number,
  question: { readonly kind: 'cpuProfile'; readonly durationMs: number } | { readonly kind: 'heapSnapshot' },
  id: string,
  fileName: string,
): Promise<Download> => {
  const attempt = insideOf(job);
  const first = await attempt.ask(slot, { ...question, id });
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (let piece = first; piece.length > 0; piece = await attempt.ask(slot, { kind: 'more', id }))
        yield piece;
    } finally {
      // Also when nobody reads any more; a slot that has ended has nothing to forget.
      await attempt.ask(slot, { kind: 'enough', id }).catch(() => undefined);
    }
  };
  return { fileName, chunks: chunks() };
};

/** What the control API says of the inside of slots. */
export const slotAnswers = (
  job: LocalJob,
  name: string,
  random: Random,
): Pick<Answers, 'queryState' | 'profileSlot' | 'dumpHeap'> => ({
  queryState: (query) => queryState(job, query),
  profileSlot: ({ slot, durationMs }) =>
    download(
      job,
      slot,
      { kind: 'cpuProfile', durationMs },
      random.id(),
      `${name}-slot-${slot}-attempt-${job.attempt}.cpuprofile`,
    ),
  dumpHeap: ({ slot }) =>
    download(
      job,
      slot,
      { kind: 'heapSnapshot' },
      random.id(),
      `${name}-slot-${slot}-attempt-${job.attempt}.heapsnapshot`,
    ),
});
