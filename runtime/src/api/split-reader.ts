import type { PollResult, SourceReader } from './connectors.ts';

/** One split being read. */
export interface ActiveSplit<Split> {
  /** Emits about one batch to the split's own output; `end` = the split is read. Never blocks. */
  poll(): PollResult;
  /** The split with its position: reading it again from here gives exactly the records not yet emitted. */
  snapshot(): Split;
  /** Whether so little is left that the next split should be asked for now. Absent = only when nothing is left. */
  nearEnd?(): boolean;
  /** Releases the output and everything held; called once, also when the split is not finished. */
  close(): void;
}

export interface SplitReaderSettings<Split> {
  /** `sequence` reads one split after the other; `together` gives each held split a batch in turn. */
  readonly order: 'sequence' | 'together';
  requestSplit(): void;
  /** Called when the split's turn comes. */
  start(split: Split): ActiveSplit<Split>;
}

/**
 * The bookkeeping that every reader of splits needs: it asks for splits, starts them, gives them turns and knows what to
 * snapshot. One request is under way at a time.
 */
export const createSplitReader = <Split>(settings: SplitReaderSettings<Split>): SourceReader<Split> => {
  const queue: Split[] = [];
  const active: ActiveSplit<Split>[] = [];
  const together = settings.order === 'together';
  let turn = 0;
  let asked = false;
  let complete = false;

  const wantsSplit = (): boolean => {
    if (together || active.length === 0) return true;
    return active[0]?.nearEnd?.() ?? false;
  };
  const askIfWanted = (): void => {
    if (asked || complete || queue.length > 0 || !wantsSplit()) return;
    asked = true;
    settings.requestSplit();
  };
  const startQueued = (): void => {
    while (queue.length > 0 && (together || active.length === 0)) {
      const split = queue[0] as Split;
      active.push(settings.start(split));
      queue.shift();
    }
  };
  const finish = (position: number): void => {
    active[position]?.close();
    active.splice(position, 1);
    if (turn > position) turn -= 1;
  };

  /** Gives turns until one split has emitted something. */
  const pollActive = (): PollResult => {
    for (let left = active.length; left > 0; left--) {
      if (turn >= active.length) turn = 0;
      const result = active[turn]?.poll();
      if (result === 'end') {
        finish(turn);
        return 'more';
      }
      turn += 1;
      if (result === 'more') return 'more';
    }
    return 'waiting';
  };

  return {
    addSplit: (split) => {
      asked = false;
      queue.push(split);
    },
    noMoreSplits: () => {
      complete = true;
    },
    poll: () => {
      startQueued();
      askIfWanted();
      if (active.length > 0) return pollActive();
      if (queue.length > 0) return 'more';
      return complete ? 'end' : 'waiting';
    },
    snapshot: () => [...active.map((split) => split.snapshot()), ...queue],
    close: () => {
      while (active.length > 0) finish(0);
    },
  };
};
