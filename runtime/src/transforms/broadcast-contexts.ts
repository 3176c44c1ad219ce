import type {
  BroadcastContext,
  KeyedReadBroadcastContext,
  ReadBroadcastContext,
  TimerService,
} from '../api/functions.ts';
import type { OutputTag } from '../api/output-tag.ts';
import type { BroadcastState, BroadcastStateDescriptor, ReadonlyBroadcastState } from '../api/state.ts';
import { MillraceError } from '../contract/errors.ts';
import type { SubtaskState } from '../state/subtask-state.ts';
import type { KeyedRecordContext } from './keyed-record-context.ts';
import type { RecordContext } from './record-context.ts';

type AnyDescriptor = BroadcastStateDescriptor<unknown, unknown>;

/** A broadcast state as the side sees it that may not write: copies in other subtasks would not follow. */
class ReadOnlyView implements ReadonlyBroadcastState<unknown, unknown> {
  private readonly state: BroadcastState<unknown, unknown>;
  private readonly name: string;

  constructor(state: BroadcastState<unknown, unknown>, name: string) {
    this.state = state;
    this.name = name;
  }

  get(key: unknown): unknown {
    return this.state.get(key);
  }

  has(key: unknown): boolean {
    return this.state.has(key);
  }

  entries(): Iterable<readonly [unknown, unknown]> {
    return this.state.entries();
  }

  /** The compiler hides these three; a program without types meets them. */
  put(): never {
    throw this.refusal();
  }

  delete(): never {
    throw this.refusal();
  }

  clear(): never {
    throw this.refusal();
  }

  private refusal(): MillraceError {
    return new MillraceError(
      'user-code',
      `The broadcast state “${this.name}” was written for a record of one subtask.`,
      {
        hint: 'Write it in processBroadcast only: every subtask runs that for every broadcast record, so all copies stay equal.',
        where: { state: this.name },
      },
    );
  }
}

/** The broadcast states of a function, as its two sides see them. */
export class BroadcastStates {
  private readonly subtaskState: SubtaskState;
  /** Undefined = any. */
  private readonly names: readonly string[] | undefined;
  private readonly transformName: string;
  private readonly writable = new Map<string, BroadcastState<unknown, unknown>>();
  private readonly readable = new Map<string, ReadOnlyView>();

  constructor(subtaskState: SubtaskState, names: readonly string[] | undefined, transformName: string) {
    this.subtaskState = subtaskState;
    this.names = names;
    this.transformName = transformName;
    // They are there before a function asks for one: a checkpoint is compared with what the job has before it runs.
    for (const name of names ?? []) subtaskState.broadcastState({ kind: 'broadcast', name });
  }

  /** @throws MillraceError user-code when the stream was broadcast without this state. */
  forWriting(descriptor: AnyDescriptor): BroadcastState<unknown, unknown> {
    const { name } = descriptor;
    const known = this.writable.get(name);
    if (known !== undefined) return known;
    if (this.names?.includes(name) === false) throw this.unknown(name, this.names);
    const state = this.subtaskState.broadcastState(descriptor);
    this.writable.set(name, state);
    return state;
  }

  /** @throws MillraceError user-code when the stream was broadcast without this state. */
  forReading(descriptor: AnyDescriptor): ReadonlyBroadcastState<unknown, unknown> {
    const { name } = descriptor;
    const known = this.readable.get(name);
    if (known !== undefined) return known;
    const view = new ReadOnlyView(this.forWriting(descriptor), name);
    this.readable.set(name, view);
    return view;
  }

  private unknown(name: string, names: readonly string[]): MillraceError {
    const known = names.map((one) => `“${one}”`).join(', ');
    return new MillraceError(
      'user-code',
      `The transform “${this.transformName}” asks for the broadcast state “${name}”, but has only ${known}.`,
      {
        hint: 'Give the descriptor of each broadcast state to broadcast(…) of the stream that fills it.',
        where: { transform: this.transformName, state: name },
      },
    );
  }
}

/** What both sides see of time and outputs: that of the record in hand. */
abstract class SideContext {
  protected readonly record: RecordContext;
  protected readonly states: BroadcastStates;

  constructor(record: RecordContext, states: BroadcastStates) {
    this.record = record;
    this.states = states;
  }

  get timestampMs(): number | undefined {
    return this.record.timestampMs;
  }

  get watermarkMs(): number {
    return this.record.watermarkMs;
  }

  get processingTimeMs(): number {
    return this.record.processingTimeMs;
  }

  emitTo<S>(tag: OutputTag<S>, value: S, timestampMs?: number): void {
    this.record.emitTo(tag, value, timestampMs);
  }
}

/** For records of the broadcast stream. */
export class WritingContext extends SideContext implements BroadcastContext {
  broadcastState<K, V>(descriptor: BroadcastStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.states.forWriting(descriptor as AnyDescriptor) as BroadcastState<K, V>;
  }
}

/** For records of the other stream. */
export class ReadingContext extends SideContext implements ReadBroadcastContext {
  broadcastState<K, V>(descriptor: BroadcastStateDescriptor<K, V>): ReadonlyBroadcastState<K, V> {
    return this.states.forReading(descriptor as AnyDescriptor) as ReadonlyBroadcastState<K, V>;
  }
}

/** For records and timers of a keyed stream. */
export class KeyedReadingContext extends ReadingContext implements KeyedReadBroadcastContext<unknown> {
  private readonly keyed: KeyedRecordContext;

  constructor(record: KeyedRecordContext, states: BroadcastStates) {
    super(record, states);
    this.keyed = record;
  }

  get key(): unknown {
    return this.keyed.key;
  }

  get timers(): TimerService {
    return this.keyed.timers;
  }

  get timeDomain(): 'event' | 'processing' {
    return this.keyed.timeDomain;
  }
}
