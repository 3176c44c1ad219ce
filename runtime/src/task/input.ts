import type { StreamElement } from '../exchange/element.ts';

/** Where a subtask's elements come from: channels, or a source. */
export interface SubtaskInput {
  /** Input port of the batch that `next` returned last. */
  readonly port: number;
  open?(): void | Promise<void>;
  next(nowMs: number): StreamElement | undefined;
  /** When to look again although nothing came in: periodic watermarks, idleness. */
  nextTimeMs(): number;
  close?(): void | Promise<void>;
}
