import type { KeyGroupUnit, SubtaskUnit } from '../checkpoint/snapshot-unit.ts';
import type { ChainLink } from './chain.ts';

/** A key group of which nothing is known any more is a whole piece without bytes. */
const loadPiece = ({ processor }: ChainLink, { keyGroup, bytes }: KeyGroupUnit): void => {
  if (bytes.length === 0) return;
  if (processor.applyKeyGroup !== undefined) processor.applyKeyGroup(keyGroup, bytes);
  else processor.importKeyGroup?.(keyGroup, bytes);
};

/** Gives the links of a subtask what they had that belongs to no key. */
export const restoreSubtaskState = (links: readonly ChainLink[], units: readonly SubtaskUnit[]): void => {
  for (const { uid, processor } of links) {
    const states = units.filter((unit) => unit.uid === uid);
    if (states.length === 0) continue;
    processor.importSubtaskState?.(states.map(({ kind, state, items }) => ({ kind, name: state, items })));
  }
};

/** Takes the pieces of one checkpoint after the other into the processors of a slot, before it runs. */
export class StateLoading {
  private readonly links: readonly ChainLink[];
  /** Key groups of which something was taken in, with their transform. */
  private readonly loaded = new Set<string>();

  constructor(links: readonly ChainLink[]) {
    this.links = links;
  }

  /** Pieces of key groups of this slot, in order; what the job has no more is left out. */
  load(units: readonly KeyGroupUnit[]): void {
    for (const unit of units) {
      const link = this.links.find(({ uid }) => uid === unit.uid);
      if (link === undefined) continue;
      // Only what a piece before has brought is replaced: looking for it may cost a walk through all that was loaded.
      const place = `${unit.keyGroup} ${unit.uid}`;
      if (unit.mode === 'whole' && this.loaded.has(place)) link.processor.dropKeyGroup?.(unit.keyGroup);
      this.loaded.add(place);
      loadPiece(link, unit);
    }
  }
}
