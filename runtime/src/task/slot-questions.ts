import { Buffer } from 'node:buffer';
import { hashValue } from '../batch/hash.ts';
import { valueToJson } from '../batch/json-value.ts';
import { MillraceError } from '../contract/errors.ts';
import type { OpenFile } from '../sys/files.ts';
import type { System } from '../sys/system.ts';
import type { Subtask } from './subtask.ts';

/** What a running slot is asked about itself; a plain value. Nothing that it has is changed by an answer. */
export type SlotQuestion =
  /** What a transform (by uid) holds for a key. The answer is JSON: see `StateReply`. */
  | { readonly kind: 'state'; readonly transform: string; readonly state: string; readonly key: unknown }
  /** A profile over some time, and all that is on the heap. The answer is the first piece of a file, which is `id` for who asks. */
  | { readonly kind: 'cpuProfile'; readonly id: string; readonly durationMs: number }
  | { readonly kind: 'heapSnapshot'; readonly id: string }
  /** The next piece; an empty one stands behind the last. */
  | { readonly kind: 'more'; readonly id: string }
  /** Nobody wants the rest. */
  | { readonly kind: 'enough'; readonly id: string };

/** The answer about state. */
export interface StateReply {
  readonly found: boolean;
  /** As `valueToJson` writes it. */
  readonly value: unknown;
}

const pieceBytes = 256 * 1024;
/** Who fetches nothing for so long has gone. */
const patienceMs = 30_000;
/** A profile of a minute has a few MB; more is not sampled but made up by code with endlessly many functions. */
const mostProfileBytes = 64 * 2 ** 20;
const mostStateBytes = 2 ** 20;
const nothing = new Uint8Array(0);

/** A file on its way to whoever asked for it. */
interface Spool {
  readonly id: string;
  readonly file: OpenFile;
  position: number;
  fetchedMs: number;
}

const busy = (): MillraceError =>
  new MillraceError('conflict', 'A profile or heap snapshot of this slot is being taken already.', {
    hint: 'Wait until it is sent, or end whoever asked for it.',
  });

/**
 * Answers questions about a slot, on its thread, between two batches. One profile or heap snapshot is under way at a time; one that
 * nobody fetches any more makes place for the next.
 */
export class SlotQuestions {
  private readonly system: System;
  private readonly subtasks: readonly Subtask[];
  private spool: Spool | undefined;
  private isTaking = false;
  /** Ends the profile that is being taken. */
  private giveUp: (() => void) | undefined;

  constructor(system: System, subtasks: readonly Subtask[]) {
    this.system = system;
    this.subtasks = subtasks;
  }

  async answer(question: SlotQuestion): Promise<Uint8Array> {
    switch (question.kind) {
      case 'state':
        return this.stateOf(question.transform, question.state, question.key);
      case 'cpuProfile':
        return await this.take(question.id, () => this.cpuProfile(question.durationMs));
      case 'heapSnapshot':
        return await this.take(question.id, async () => this.system.inspection.heapSnapshot());
      case 'more':
        return this.nextPiece(question.id);
      case 'enough':
        if (this.spool?.id === question.id) this.forget();
        return nothing;
    }
  }

  /** The slot ends. */
  close(): void {
    this.forget();
    this.giveUp?.();
  }

  private stateOf(transform: string, state: string, key: unknown): Uint8Array {
    const links = this.subtasks.flatMap((subtask) => subtask.links);
    const processor = links.find(({ uid }) => uid === transform)?.processor;
    if (processor?.peekState === undefined) {
      throw new MillraceError('unsupported', `“${transform}” has no state that can be looked at by key.`, {
        hint: 'Ask for a transform with a keyed process function; what windows hold is in savepoints only.',
        where: { transform },
      });
    }
    const peeked = processor.peekState(state, key, hashValue(key), this.system.clock.nowMs());
    if (peeked === undefined) {
      const names = processor.describeState?.().map(({ name }) => name) ?? [];
      throw new MillraceError('not-found', `“${transform}” has no state that is named “${state}”.`, {
        hint: `It has ${names.length === 0 ? 'none yet' : names.join(', ')}.`,
        where: { transform, state },
      });
    }
    const reply: StateReply = { found: peeked.found, value: peeked.found ? valueToJson(peeked.value) : null };
    const bytes = Buffer.from(JSON.stringify(reply));
    if (bytes.length <= mostStateBytes) return bytes;
    throw new MillraceError(
      'unsupported',
      `The state “${state}” has ${bytes.length} bytes for this key; up to ${mostStateBytes} are shown.`,
      { hint: 'Take a savepoint and read it with millrace savepoint export.', where: { transform, state } },
    );
  }

  /** The first piece of what is made. */
  private async take(id: string, make: () => Promise<OpenFile>): Promise<Uint8Array> {
    const { clock } = this.system;
    const isFetched = this.spool !== undefined && clock.monotonicMs() - this.spool.fetchedMs < patienceMs;
    if (this.isTaking || isFetched) throw busy();
    this.forget();
    this.isTaking = true;
    try {
      const file = await make();
      this.spool = { id, file, position: 0, fetchedMs: clock.monotonicMs() };
    } finally {
      this.isTaking = false;
    }
    return this.nextPiece(id);
  }

  private async cpuProfile(durationMs: number): Promise<OpenFile> {
    const { inspection, timers, files } = this.system;
    const profile = await inspection.startCpuProfile();
    try {
      await new Promise<void>((resolve, reject) => {
        const limit = timers.after(durationMs, resolve);
        this.giveUp = () => {
          limit.cancel();
          profile.abandon();
          reject(new MillraceError('unavailable', 'The slot ended while its profile was taken.'));
        };
      });
      const bytes = Buffer.from(await profile.stop());
      if (bytes.length > mostProfileBytes) {
        throw new MillraceError('unsupported', `The profile has ${bytes.length} bytes, which is too much.`, {
          hint: 'Profile a shorter time.',
        });
      }
      const file = files.openTemporary();
      file.write(bytes);
      return file;
    } finally {
      this.giveUp = undefined;
    }
  }

  private nextPiece(id: string): Uint8Array {
    const { spool } = this;
    if (spool?.id !== id) {
      throw new MillraceError('conflict', 'The rest of this profile or heap snapshot is gone.', {
        hint: `Ask again, and fetch it without pauses of ${patienceMs / 1000} s.`,
      });
    }
    const piece = new Uint8Array(pieceBytes);
    const length = spool.file.read(piece, 0, pieceBytes, spool.position);
    spool.position += length;
    spool.fetchedMs = this.system.clock.monotonicMs();
    if (length === 0) this.forget();
    return piece.slice(0, length);
  }

  private forget(): void {
    this.spool?.file.close();
    this.spool = undefined;
  }
}
