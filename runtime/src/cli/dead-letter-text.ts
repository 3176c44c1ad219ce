import { describeValue } from '../batch/values.ts';
import { toJsonText } from '../connectors/formats/json-text.ts';
import type { DeadLetter } from '../task/failures.ts';

/** A record as JSON; one that has none, since it goes in circles or is not of our kinds, as a description. */
const recordText = (record: unknown): string => {
  try {
    return toJsonText(record);
  } catch {
    return JSON.stringify(describeValue(record, 10_000));
  }
};

/** A dead letter as a line of JSON; `from` names the parcel of a checkpoint that has it. */
export const letterText = ({ record, ...letter }: DeadLetter, from?: string): string => {
  const text = JSON.stringify(from === undefined ? letter : { from, ...letter });
  return `${text.slice(0, -1)},"record":${recordText(record)}}\n`;
};
