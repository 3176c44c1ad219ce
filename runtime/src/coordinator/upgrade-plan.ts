import {
  compareStates,
  type JobStates,
  refusedDifferences,
  type StateDifference,
  statefulPart,
} from '../checkpoint/compare-states.ts';
import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { NextRevision } from './next-revision.ts';

/** A revision that was compared with the state of the job. */
export interface UpgradePlan {
  readonly next: NextRevision;
  readonly differences: readonly StateDifference[];
  /** The revision before could go on from what this one writes. */
  readonly isReversible: boolean;
  readonly needsApproval: boolean;
}

/** What a checkpoint says of the job that took it, all of its transforms included. */
const statesOf = (manifest: CheckpointManifest): JobStates => ({
  transforms: manifest.transforms,
  states: manifest.schemas.flatMap(({ uid, name, kind, type, fields }) =>
    kind === 'timers'
      ? []
      : [
          {
            uid,
            name,
            kind,
            ...(type === undefined ? {} : { type }),
            ...(fields === undefined ? {} : { fields }),
          },
        ],
  ),
});

/** Whether the job that took a checkpoint could go on from what a revision writes behind it: it has a place for all of it. */
const couldGoBack = (manifest: CheckpointManifest, { states }: JobStates): boolean => {
  const known = new Set(manifest.transforms.map(({ uid }) => uid));
  const written = { transforms: manifest.transforms, schemas: [...states] };
  const back = compareStates(written, statesOf(manifest));
  return states.every(({ uid }) => known.has(uid)) && refusedDifferences(back, false).length === 0;
};

/** Compares a revision with the newest checkpoint of the job. Pure. */
export const planOf = (manifest: CheckpointManifest, next: NextRevision): UpgradePlan => {
  const { states, allowRemoved } = next;
  const renamed = next.revision.checkpoints?.renamed ?? new Map();
  const had = new Set(manifest.transforms.map(({ uid }) => uid));
  const differences = compareStates(statefulPart(manifest), states, renamed).filter(
    // What held nothing before and holds nothing now is not news.
    ({ uid, state, change }) => change !== 'added' || state !== undefined || !had.has(uid),
  );
  return {
    next,
    differences,
    isReversible: renamed.size === 0 && couldGoBack(manifest, states),
    needsApproval:
      next.waitsForApproval || (!allowRemoved && differences.some(({ change }) => change === 'removed')),
  };
};

/** The plan for a job that has no checkpoint yet: there is nothing that could not fit. */
export const planOfNothing = (next: NextRevision): UpgradePlan => ({
  next,
  differences: [],
  isReversible: false,
  needsApproval: next.waitsForApproval,
});
