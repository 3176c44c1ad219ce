import type { KubeError } from './errors.ts';
import type { KubeObject, ResourceType, Stored } from './objects.ts';

export interface ListOptions {
  /** Absent = all namespaces. */
  readonly namespace?: string | undefined;
  /** As in `kubectl -l`. */
  readonly labelSelector?: string | undefined;
  /** As in `kubectl --field-selector`. */
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  /** Of the page before. */
  readonly continue?: string | undefined;
}

export interface ListPage<O extends KubeObject> {
  readonly items: readonly Stored<O>[];
  /** From where a watch sees all that is newer than this list. */
  readonly resourceVersion: string;
  /** Absent = this is the last page. */
  readonly continue?: string | undefined;
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** What is newer than this is told. */
  readonly resourceVersion: string;
  /** After this the server ends the watch by itself, in good order. */
  readonly timeoutSeconds: number;
}

export type WatchEvent<O extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Stored<O> }
  /** All is told up to here. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** Who is told what a watch sees. Neither may throw. */
export interface WatchListener<O extends KubeObject> {
  onEvent(event: WatchEvent<O>): void;
  /** Once, last. undefined = the server has ended it in good order; code `gone` = what was asked for is not remembered any more. */
  onEnded(error: KubeError | undefined): void;
}

/** A watch under way. */
export interface Watch {
  /** Nothing is told any more, `onEnded` neither. Twice is harmless. */
  close(): void;
}

/** What must still hold of an object when it is changed or removed; otherwise the call is refused with `conflict`. */
export interface Preconditions {
  readonly uid: string;
  /** Absent = any state of that very object. */
  readonly resourceVersion?: string | undefined;
}

/** Names one object. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * What can be asked of an API server. Every call ends within a time limit of its own, and rejects with a `KubeError`. What is told
 * once is not asked again here: who calls decides about repeating (`isRetryable`).
 */
export interface KubeClient {
  /** undefined = there is none. */
  get<O extends KubeObject>(type: ResourceType<O>, at: ObjectName): Promise<Stored<O> | undefined>;
  list<O extends KubeObject>(type: ResourceType<O>, options?: ListOptions): Promise<ListPage<O>>;
  watch<O extends KubeObject>(
    type: ResourceType<O>,
    options: WatchOptions,
    listener: WatchListener<O>,
  ): Watch;
  /** Refused with `alreadyExists` where there is one of the name. */
  create<O extends KubeObject>(type: ResourceType<O>, object: O): Promise<Stored<O>>;
  /** Server-side apply as the operator's field manager, forced. `expected` fences it: no object is made where that one is gone. */
  apply<O extends KubeObject>(type: ResourceType<O>, object: O, expected: Preconditions): Promise<Stored<O>>;
  /** The same for `/status`; nothing else of the object is changed. */
  applyStatus<O extends KubeObject>(
    type: ResourceType<O>,
    object: O & { readonly status: object },
    expected: Preconditions,
  ): Promise<Stored<O>>;
  /** JSON merge patch (RFC 7386): for what is not ours alone, such as finalizers and leases. */
  patch<O extends KubeObject>(
    type: ResourceType<O>,
    at: ObjectName,
    patch: object,
    expected: Preconditions,
  ): Promise<Stored<O>>;
  /** In the background; what it owns goes with it. An object that is gone already is no error. */
  remove(type: ResourceType, at: ObjectName, expected: Preconditions): Promise<void>;
  /** Whether the server serves this kind. */
  serves(type: ResourceType): Promise<boolean>;
}

/** What people ask for beside that, and the operator never does. */
export interface PeopleClient extends KubeClient {
  /** How many there are to be, by `/scale`. */
  scale(type: ResourceType, at: ObjectName, replicas: number): Promise<void>;
}
