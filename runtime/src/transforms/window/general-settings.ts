import type { WindowSettings } from '../../api/transform.ts';
import { countEvictor, type Evictor, type TriggerSpec } from '../../api/triggers.ts';
import type { TimeDomain, WindowAssigner } from '../../api/windows.ts';

/** Windows as the general path runs them, joins included. */
export type GeneralSettings = Pick<
  WindowSettings,
  'assigner' | 'trigger' | 'evictor' | 'allowedLatenessMs' | 'lateOutput' | 'keyed'
>;

/** Records of count and global windows have no need of event time, but their timestamps are kept when they have one. */
export const domainOf = (assigner: WindowAssigner): TimeDomain | undefined =>
  'time' in assigner ? assigner.time : undefined;

export const defaultTrigger = (assigner: WindowAssigner): TriggerSpec => {
  switch (assigner.kind) {
    case 'global':
      return { kind: 'never' };
    case 'count': {
      const full: TriggerSpec = { kind: 'count', size: assigner.slide };
      return assigner.size === assigner.slide ? { kind: 'purging', inner: full } : full;
    }
    default:
      return { kind: assigner.time === 'event' ? 'eventTime' : 'processingTime' };
  }
};

/** Overlapping count windows keep the last records of their size. */
export const evictorOf = ({ assigner, evictor }: GeneralSettings): Evictor<unknown> | undefined => {
  if (evictor !== undefined || assigner.kind !== 'count' || assigner.size === assigner.slide) return evictor;
  return countEvictor(assigner.size);
};

export const isMerging = (assigner: WindowAssigner): boolean =>
  assigner.kind === 'session' || (assigner.kind === 'custom' && assigner.merging);
