/**
 * A slot's pulse: two words of shared memory, written once a step and read by the watchdog on another thread, so that a slot
 * whose loop is blocked by user code can still be told about.
 */
export class Pulse {
  private readonly words: Int32Array;
  private readonly at: number;

  /** `words` holds the pulses of all slots, see `pulseWords`. */
  constructor(words: Int32Array, slot: number) {
    this.words = words;
    this.at = slot * wordsPerSlot;
    Atomics.store(words, this.at + runningWord, nothingRuns);
  }

  /** A step of this task begins. */
  begin(task: number): void {
    this.words[this.at + beatWord] = ((this.words[this.at + beatWord] as number) + 1) | 0;
    Atomics.store(this.words, this.at + runningWord, task);
  }

  /** The slot waits for work. */
  rest(): void {
    Atomics.store(this.words, this.at + runningWord, nothingRuns);
  }
}

const wordsPerSlot = 2;
const beatWord = 0;
const runningWord = 1;
const nothingRuns = -1;

/** Shared memory for the pulses of so many slots. In those that nobody takes, slots of other processes say, nothing runs. */
export const allocatePulses = (slots: number): SharedArrayBuffer => {
  const memory = new SharedArrayBuffer(slots * wordsPerSlot * 4);
  const words = new Int32Array(memory);
  for (let at = runningWord; at < words.length; at += wordsPerSlot) words[at] = nothingRuns;
  return memory;
};

/** What the watchdog remembers of a slot. */
export interface PulseSample {
  readonly beat: number;
  readonly sinceMs: number;
  readonly reported: boolean;
}

/** A slot whose step has not returned for too long. */
export interface BlockedSlot {
  readonly slot: number;
  readonly task: number;
  readonly forMs: number;
}

/** Looks at all pulses: the samples to remember, and the slots that are blocked and not yet reported. Reads only. */
export const examinePulses = (
  words: Int32Array,
  before: readonly PulseSample[],
  nowMs: number,
  limitMs: number,
): { readonly samples: readonly PulseSample[]; readonly blocked: readonly BlockedSlot[] } => {
  const samples: PulseSample[] = [];
  const blocked: BlockedSlot[] = [];
  for (let slot = 0; slot * wordsPerSlot < words.length; slot++) {
    const beat = Atomics.load(words, slot * wordsPerSlot + beatWord);
    const task = Atomics.load(words, slot * wordsPerSlot + runningWord);
    const known = before[slot];
    if (known === undefined || known.beat !== beat || task === nothingRuns) {
      samples.push({ beat, sinceMs: nowMs, reported: false });
      continue;
    }
    const forMs = nowMs - known.sinceMs;
    const isNew = forMs >= limitMs && !known.reported;
    if (isNew) blocked.push({ slot, task, forMs });
    samples.push({ ...known, reported: known.reported || isNew });
  }
  return { samples, blocked };
};
