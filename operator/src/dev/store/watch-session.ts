import type { Cancellable, Timers } from '../../../../runtime/src/sys/system.ts';
import type { Change } from './event-log.ts';
import type { Kind } from './kinds.ts';
import type { ObjectStore } from './object-store.ts';
import type { Selector } from './selectors.ts';
import { atRevision, type DevObject } from './values.ts';

export type SessionEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: DevObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly isInitialEnd?: boolean };

export interface SessionOptions {
  readonly kind: Kind;
  readonly namespace?: string | undefined;
  readonly selects: Selector;
  /** Absent = what is there is told first, and then a bookmark says that this was all of it. */
  readonly since?: number | undefined;
  readonly timeoutMs: number;
  readonly wantsBookmarks: boolean;
}

/** As often as a real server does it. */
const bookmarkIntervalMs = 60_000;

/** A watch: what a selector selects comes and goes as objects change. */
export class WatchSession {
  private readonly options: SessionOptions;
  private readonly timers: Timers;
  private readonly onEvent: (event: SessionEvent) => void;
  private readonly stopListening: () => void;
  private readonly ending: Cancellable;
  private bookmark: Cancellable | undefined;
  private isOver = false;
  private toldRevision: number;

  /** @throws `gone` when what it shall begin with is not remembered. */
  constructor(
    store: ObjectStore,
    timers: Timers,
    options: SessionOptions,
    onEvent: (event: SessionEvent) => void,
    onTimeout: () => void,
  ) {
    this.options = options;
    this.timers = timers;
    this.onEvent = onEvent;
    this.toldRevision = options.since ?? store.log.revision;
    const missed = store.log.since(this.toldRevision);
    if (options.since === undefined) this.tellWhatIsThere(store);
    for (const change of missed) this.tell(change);
    this.stopListening = store.log.listen((change) => this.tell(change));
    this.ending = timers.after(options.timeoutMs, () => {
      this.close();
      onTimeout();
    });
    if (options.wantsBookmarks) this.bookmarkLater();
  }

  close(): void {
    this.isOver = true;
    this.stopListening();
    this.ending.cancel();
    this.bookmark?.cancel();
  }

  private tellWhatIsThere(store: ObjectStore): void {
    const { kind, namespace, selects } = this.options;
    for (const object of store.all(kind, namespace)) {
      if (selects(object)) this.onEvent({ type: 'ADDED', object });
    }
    const resourceVersion = String(this.toldRevision);
    if (this.options.wantsBookmarks) this.onEvent({ type: 'BOOKMARK', resourceVersion, isInitialEnd: true });
  }

  private bookmarkLater(): void {
    this.bookmark = this.timers.after(bookmarkIntervalMs, () => {
      this.onEvent({ type: 'BOOKMARK', resourceVersion: String(this.toldRevision) });
      this.bookmarkLater();
    });
  }

  private tell({ kind, revision, before, after }: Change): void {
    if (this.isOver || revision <= this.toldRevision) return;
    this.toldRevision = revision;
    if (kind !== this.options.kind) return;
    const was = before !== undefined && this.isSeen(before);
    const is = after !== undefined && this.isSeen(after);
    if (is) this.onEvent({ type: was ? 'MODIFIED' : 'ADDED', object: after });
    else if (was) this.onEvent({ type: 'DELETED', object: atRevision(before, revision) });
  }

  private isSeen(object: DevObject): boolean {
    const { namespace, selects } = this.options;
    return (namespace === undefined || object.metadata.namespace === namespace) && selects(object);
  }
}
