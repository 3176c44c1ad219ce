import type { StateDescriptor } from '../api/state.ts';

export type StateKind = StateDescriptor['kind'];

/** What must be known of a state to store it. */
export interface StateShape {
  readonly name: string;
  readonly kind: StateKind;
  /** Whether its values are numbers in a typed column. */
  readonly isNumeric: boolean;
  /** Whether its values, or the entries of its maps, expire. */
  readonly expires: boolean;
  /** What its values look like, counted from 1 by the author. */
  readonly version: number;
}

/** A shape as messages call it. */
export const describeShape = ({ kind, isNumeric, version }: StateShape): string =>
  `a ${kind} state${isNumeric ? ' of type number' : ''}${version === 1 ? '' : ` of version ${version}`}`;
