import { checkStreamJob } from '../../../../runtime/src/contract/check-stream-job.ts';
import { type Problem, pathText } from '../../../../runtime/src/contract/problem.ts';
import type { Kind } from './kinds.ts';
import { invalid } from './refusals.ts';
import { copyOf, type DevObject, type Fields, type Sent } from './values.ts';

/** Of many problems the first few are shown; most of the rest follow from them. */
const mostProblems = 8;

const sentence = ({ path, message, hint }: Problem): string =>
  `${pathText(path)}: ${message}${hint === undefined ? '' : ` (${hint})`}`;

/** The contract decides what a StreamJob may be, as its schema does in a real cluster, and fills in the defaults. */
export const admitStreamJob = (kind: Kind, sent: Sent, _before: DevObject | undefined): Sent => {
  const checked = checkStreamJob(sent);
  if (checked.ok) return { ...sent, spec: copyOf(checked.job.spec) as unknown as Fields };
  const { problems } = checked;
  const shown = problems.slice(0, mostProblems).map(sentence).join('; ');
  const rest = problems.length > mostProblems ? `; and ${problems.length - mostProblems} more` : '';
  throw invalid(kind, sent.metadata.name, shown + rest);
};

export const admitSavepoint = (_kind: Kind, sent: Sent, _before: DevObject | undefined): Sent => sent;
