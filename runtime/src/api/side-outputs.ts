import { jobInvalid } from './job-invalid.ts';
import type { TransformNode, TransformSpec } from './transform.ts';

/** The side outputs that a transform can send to: their names, or `any` when only its function knows. */
export const sideOutputsOf = (spec: TransformSpec): 'any' | readonly string[] => {
  switch (spec.kind) {
    case 'process':
    case 'keyedProcess':
    case 'coProcess':
    case 'keyedCoProcess':
    case 'broadcast':
    case 'keyedBroadcast':
      return 'any';
    case 'window':
      return spec.window.function === undefined ? named(spec.window.lateOutput) : 'any';
    case 'windowJoin':
      return named(spec.join.lateOutput);
    case 'intervalJoin':
      return named(spec.join.lateLeftOutput, spec.join.lateRightOutput);
    default:
      return [];
  }
};

const named = (...names: readonly (string | undefined)[]): readonly string[] =>
  names.filter((name) => name !== undefined);

/**
 * The transform whose side output is read.
 * @throws MillraceError job-invalid when there is none, or it never sends anything to this side output.
 */
export const checkTag = (made: TransformNode | undefined, tag: string): TransformNode => {
  if (made === undefined) {
    throw jobInvalid(
      `The side output “${tag}” is read from a stream that no transform has just made.`,
      'Keep the stream that process() or a window returned, and call sideOutput on that.',
    );
  }
  const outputs = sideOutputsOf(made.spec);
  if (outputs === 'any' || outputs.includes(tag)) return made;
  throw jobInvalid(
    `The transform “${made.name}” sends nothing to a side output “${tag}”.`,
    outputs.length === 0
      ? 'Read side outputs of process functions, of window functions, or of late records (lateOutput).'
      : `Read one of: ${outputs.join(', ')}.`,
    made.name,
  );
};
