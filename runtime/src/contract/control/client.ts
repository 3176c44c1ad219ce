import type { z } from 'zod';
import { MillraceError } from '../errors.ts';
import type { Operation, ReplyOf, RequestOf } from './operations.ts';
import { errorOfProblem, problemSchema } from './problem.ts';
import { type Route, routes } from './routes.ts';

/** A question on its way; `path` holds the query too. */
export interface ControlCall {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

export interface ControlAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks for one thing and gives the answer. */
export type Ask = <O extends Operation>(operation: O, request: RequestOf<O>) => Promise<ReplyOf<O>>;

/** How a request is written down. */
export const callOf = <O extends Operation>(operation: O, request: RequestOf<O>): ControlCall => {
  const { method, path } = routes[operation] as Route<unknown, unknown>;
  const rest = new Map(Object.entries(request as Readonly<Record<string, unknown>>));
  const written = path.replace(/\{(\w+)\}/g, (_, field: string) => {
    const value = rest.get(field);
    rest.delete(field);
    return encodeURIComponent(String(value));
  });
  const fields = [...rest].filter(([, value]) => value !== undefined);
  if (method === 'post' || method === 'put') {
    return { method, path: written, body: JSON.stringify(Object.fromEntries(fields)) };
  }
  const query = new URLSearchParams(
    fields.map(([field, value]): [string, string] => [field, String(value)]),
  ).toString();
  return { method, path: query === '' ? written : `${written}?${query}` };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const strangeAnswer = (operation: Operation, status: number): MillraceError =>
  new MillraceError('io', `The answer to ${operation} (status ${status}) is not that of a control API.`, {
    hint: 'See whether the address is that of the coordinator, and whether it is of the same version.',
  });

/**
 * What an answer says.
 * @throws MillraceError what the other side refused it with, or io when the answer is of something else.
 */
export const readAnswer = <O extends Operation>(
  operation: O,
  { status, body }: ControlAnswer,
): ReplyOf<O> => {
  const value = parse(body);
  if (status >= 400) {
    const problem = problemSchema.safeParse(value);
    throw problem.success ? errorOfProblem(problem.data) : strangeAnswer(operation, status);
  }
  const { reply } = routes[operation] as Route<unknown, unknown>;
  const result = reply === 'download' ? undefined : (reply as z.ZodType).safeParse(value);
  if (result?.success !== true) throw strangeAnswer(operation, status);
  return result.data as ReplyOf<O>;
};

/** How a download is asked for, and what its answer says unless it is the bytes. */
export const readRefusal = (operation: Operation, answer: ControlAnswer): void => {
  if (answer.status !== 200) readAnswer(operation, answer);
};

/** The client side of the control API over any way to send; downloads are not read by it. */
export const createAsk =
  (send: (call: ControlCall) => Promise<ControlAnswer>): Ask =>
  async (operation, request) =>
    readAnswer(operation, await send(callOf(operation, request)));
