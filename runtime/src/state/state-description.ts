/**
 * What a state looks like: the part of it that a snapshot keeps so that a later version of the job can be compared with it, and
 * what a later version says of older ones.
 */
export interface StateDescription {
  readonly name: string;
  readonly kind:
    | 'value'
    | 'list'
    | 'map'
    | 'reducing'
    | 'aggregating'
    | 'window'
    | 'list-subtask'
    | 'union'
    | 'broadcast';
  /** `number` = doubles in a typed column; of windows the way they are stored. */
  readonly type?: string;
  /** `version`, unless it is 1; `timeToLive`; what else must be equal. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The name that older snapshots have for it. */
  readonly renamedFrom?: string;
  /** Whether values of older versions are converted. */
  readonly migrates?: boolean;
}
