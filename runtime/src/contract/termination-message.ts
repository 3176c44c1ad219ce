import { MillraceError } from './errors.ts';
import { reasonOf } from './reason.ts';

/** What Kubernetes keeps of a termination message. */
const mostBytes = 4096;
/** Signs of a message; more only if it is short in bytes. */
const longestTexts = [1500, 500, 100] as const;

/** Where the programs of a pod leave their last words. */
export const terminationVariable = 'MILLRACE_TERMINATION_LOG';

const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;

/** Why a program ends, for whoever reads the status of its pod: JSON with code, message, where and hint, short enough to be kept whole. */
export const terminationMessage = (error: unknown): string => {
  const { code = 'internal', where = {}, hint } = MillraceError.is(error) ? error : {};
  const textOf = (longest: number): string =>
    JSON.stringify({
      code,
      message: cut(reasonOf(error), longest),
      where: Object.fromEntries(
        Object.entries(where)
          .slice(0, 8)
          .map(([name, value]) => [name, typeof value === 'string' ? cut(value, 100) : value]),
      ),
      ...(hint === undefined ? {} : { hint: cut(hint, longest) }),
    });
  const texts = longestTexts.map(textOf);
  return texts.find((text) => new TextEncoder().encode(text).length <= mostBytes) ?? '';
};
