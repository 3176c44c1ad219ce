import { MillraceError } from '../contract/errors.ts';
import type { SlotQuestion } from '../task/slot-questions.ts';
import { fromPlainError, type PlainError, toPlainError } from './plain-error.ts';

/** What comes back for a question: bytes, or why there are none. */
export interface QuestionAnswer {
  readonly question: number;
  readonly bytes?: Uint8Array | undefined;
  readonly error?: PlainError | undefined;
}

/** More than this wait for a slot that does not answer: further ones are refused. */
const mostOpen = 64;

/** Questions to a slot on another thread or in another process that it has not answered yet. */
export class OpenQuestions {
  private readonly open = new Map<number, PromiseWithResolvers<Uint8Array>>();
  private newest = 0;
  private ended: unknown;

  /** `send` sends the question under this number. */
  ask(send: (question: number) => void): Promise<Uint8Array> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    if (this.open.size >= mostOpen) {
      const hint = 'Wait until the slot has answered, or see in its log what blocks it.';
      return Promise.reject(
        new MillraceError('too-many-requests', `${mostOpen} questions to this slot are open.`, { hint }),
      );
    }
    const question = ++this.newest;
    const asked = Promise.withResolvers<Uint8Array>();
    this.open.set(question, asked);
    send(question);
    return asked.promise;
  }

  answered({ question, bytes, error }: QuestionAnswer): void {
    const asked = this.open.get(question);
    this.open.delete(question);
    if (error !== undefined) asked?.reject(fromPlainError(error));
    else asked?.resolve(bytes ?? new Uint8Array(0));
  }

  /** Nobody will answer any more. */
  end(): void {
    const error = new MillraceError('unavailable', 'The slot has ended.', { hint: 'Ask the next attempt.' });
    this.ended ??= error;
    for (const { reject } of this.open.values()) reject(error);
    this.open.clear();
  }
}

/** What a slot answers to a question of this number. */
export const answerOf = (
  slot: { ask(question: SlotQuestion): Promise<Uint8Array> },
  { question, what }: { readonly question: number; readonly what: SlotQuestion },
): Promise<QuestionAnswer> =>
  slot.ask(what).then(
    (bytes) => ({ question, bytes }),
    (error: unknown) => ({ question, error: toPlainError(error) }),
  );
