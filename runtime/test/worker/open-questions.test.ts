import { expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import { answerOf, OpenQuestions } from '../../src/worker/open-questions.ts';

const bytes = Uint8Array.of(1, 2);

it('gives each question its own answer, in whatever order they come', async () => {
  const questions = new OpenQuestions();
  const sent: number[] = [];
  const [first, second] = [0, 1].map(() => questions.ask((question) => void sent.push(question)));
  const [one, other] = sent as [number, number];
  questions.answered({ question: other, bytes });
  questions.answered({ question: one });
  expect(await second).toEqual(bytes);
  expect(await first).toEqual(new Uint8Array(0));
});

it('tells why a slot refuses, as the slot has said it', async () => {
  const refuses = async (): Promise<Uint8Array> => {
    throw new MillraceError('not-found', 'There is no such state.', { hint: 'It has sum.' });
  };
  const questions = new OpenQuestions();
  const asked = questions.ask((question) => {
    void answerOf({ ask: refuses }, { question, what: { kind: 'heapSnapshot', id: 'a' } }).then((answer) =>
      questions.answered(structuredClone(answer)),
    );
  });
  await expect(asked).rejects.toMatchObject({ code: 'not-found', hint: 'It has sum.' });
});

it('leaves nobody waiting for a slot that has ended', async () => {
  const questions = new OpenQuestions();
  const asked = questions.ask(() => undefined);
  questions.end();
  await expect(asked).rejects.toMatchObject({ code: 'unavailable' });
  await expect(questions.ask(() => undefined)).rejects.toMatchObject({ code: 'unavailable' });
});

it('refuses more when a slot answers none of many', async () => {
  const questions = new OpenQuestions();
  for (let i = 0; i < 64; i++) questions.ask(() => undefined).catch(() => undefined);
  await expect(questions.ask(() => undefined)).rejects.toMatchObject({ code: 'too-many-requests' });
  questions.end();
});
