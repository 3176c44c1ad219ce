import type { Timers } from '../../../runtime/src/sys/system.ts';
import type {
  KubeClient,
  ListOptions,
  ListPage,
  ObjectName,
  Preconditions,
  Watch,
  WatchListener,
  WatchOptions,
} from '../../src/kube/client.ts';
import { KubeError } from '../../src/kube/errors.ts';
import type { KubeObject, ResourceType, Stored } from '../../src/kube/objects.ts';
import type { FaultPlan, Verb } from './faults.ts';

/** A call as a test reads it afterwards. */
export interface CallRecord {
  readonly verb: Verb;
  readonly plural: string;
  readonly name: string;
}

const writes: ReadonlySet<Verb> = new Set(['create', 'apply', 'applyStatus', 'patch', 'remove']);

const faultErrors = {
  lostCall: () => new KubeError('unavailable', 'the connection was reset'),
  lostAnswer: () => new KubeError('unavailable', 'the connection was reset'),
  conflict: () => new KubeError('conflict', 'the object has been modified', { status: 409 }),
  throttled: () => new KubeError('throttled', 'too many requests', { status: 429, retryAfterMs: 1_000 }),
  failed: () => new KubeError('unavailable', 'internal error', { status: 500 }),
  timedOut: () => new KubeError('unavailable', 'it took too long'),
  gone: () => new KubeError('gone', 'too old resource version', { status: 410 }),
};

const withoutEffect = ['lostCall', 'conflict', 'throttled', 'failed'] as const;

/** How long a caller waits for an answer. */
const timeoutMs = 10_000;

/** Never settled: who has crashed hears nothing any more. */
const silence = <T>(): Promise<T> => new Promise(() => undefined);

/**
 * A client on which a plan lets things go wrong. A crash is the end of who uses it: it hears of nothing any more, and what it calls after
 * that has no effect.
 */
export class FaultClient implements KubeClient {
  /** All calls that have reached the server, in order. */
  readonly calls: CallRecord[] = [];
  private readonly inner: KubeClient;
  private readonly timers: Timers;
  private readonly plan: FaultPlan;
  private readonly onCrash: () => void;
  private readonly lists = new Map<string, ListPage<KubeObject>>();
  private hasCrashed = false;

  constructor(inner: KubeClient, timers: Timers, plan: FaultPlan, onCrash: () => void = () => undefined) {
    this.inner = inner;
    this.timers = timers;
    this.plan = plan;
    this.onCrash = onCrash;
  }

  /** Of the calls, those that are there to change something. */
  get writes(): readonly CallRecord[] {
    return this.calls.filter(({ verb }) => writes.has(verb));
  }

  /** The end of who uses it, from outside. */
  crash(): void {
    if (this.hasCrashed) return;
    this.hasCrashed = true;
    this.onCrash();
  }

  get<O extends KubeObject>(type: ResourceType<O>, at: ObjectName): Promise<Stored<O> | undefined> {
    return this.call('get', type, at.name, () => this.inner.get(type, at));
  }

  list<O extends KubeObject>(type: ResourceType<O>, options: ListOptions = {}): Promise<ListPage<O>> {
    const key = JSON.stringify([type.plural, options]);
    const stale = this.lists.get(key) as ListPage<O> | undefined;
    return this.call(
      'list',
      type,
      '',
      async () => {
        const page = await this.inner.list(type, options);
        if (!this.lists.has(key)) this.lists.set(key, page);
        return page;
      },
      stale,
    );
  }

  watch<O extends KubeObject>(
    type: ResourceType<O>,
    options: WatchOptions,
    listener: WatchListener<O>,
  ): Watch {
    if (this.hasCrashed) return { close: () => undefined };
    const watch: Watch = this.inner.watch(
      type,
      options,
      this.faultyListener(listener, () => watch.close()),
    );
    return watch;
  }

  create<O extends KubeObject>(type: ResourceType<O>, object: O): Promise<Stored<O>> {
    return this.call('create', type, object.metadata.name, () => this.inner.create(type, object));
  }

  apply<O extends KubeObject>(type: ResourceType<O>, object: O, expected: Preconditions): Promise<Stored<O>> {
    return this.call('apply', type, object.metadata.name, () => this.inner.apply(type, object, expected));
  }

  applyStatus<O extends KubeObject>(
    type: ResourceType<O>,
    object: O & { readonly status: object },
    expected: Preconditions,
  ): Promise<Stored<O>> {
    const act = (): Promise<Stored<O>> => this.inner.applyStatus(type, object, expected);
    return this.call('applyStatus', type, object.metadata.name, act);
  }

  patch<O extends KubeObject>(
    type: ResourceType<O>,
    at: ObjectName,
    patch: object,
    expected: Preconditions,
  ): Promise<Stored<O>> {
    return this.call('patch', type, at.name, () => this.inner.patch(type, at, patch, expected));
  }

  remove(type: ResourceType, at: ObjectName, expected: Preconditions): Promise<void> {
    return this.call('remove', type, at.name, () => this.inner.remove(type, at, expected));
  }

  serves(type: ResourceType): Promise<boolean> {
    return this.call('serves', type, '', () => this.inner.serves(type));
  }

  private async call<T>(
    verb: Verb,
    type: ResourceType,
    name: string,
    act: () => Promise<T>,
    stale?: T,
  ): Promise<T> {
    if (this.hasCrashed) return silence();
    const fault = this.plan.ofCall({ verb, isWrite: writes.has(verb), plural: type.plural, name });
    if (fault === 'crashBefore') return this.crashed();
    if (fault === 'stale' && stale !== undefined) return stale;
    for (const refused of withoutEffect) if (fault === refused) throw faultErrors[refused]();
    if (fault === 'gone' && verb === 'list') throw faultErrors.gone();
    this.calls.push({ verb, plural: type.plural, name });
    const answer = await act().catch((error: unknown) => {
      if (this.hasCrashed) return silence<T>();
      throw error;
    });
    if (this.hasCrashed) return silence();
    if (fault === 'crashAfter') return this.crashed();
    if (fault === 'timedOut') await new Promise<void>((resolve) => this.timers.after(timeoutMs, resolve));
    if (fault === 'lostAnswer' || fault === 'timedOut') throw faultErrors[fault]();
    return answer;
  }

  private crashed<T>(): Promise<T> {
    this.crash();
    return silence();
  }

  /** Events may be lost, alone or with all that follow, come late (and then in order), or come twice. */
  private faultyListener<O extends KubeObject>(
    listener: WatchListener<O>,
    close: () => void,
  ): WatchListener<O> {
    let isSilent = false;
    const late: (() => void)[] = [];
    const tell = (act: () => void, isLate: boolean): void => {
      if (!isLate && late.length === 0) {
        act();
        return;
      }
      late.push(act);
      this.timers.after(this.plan.lateMs, () => {
        if (!this.hasCrashed) late.shift()?.();
      });
    };
    return {
      onEvent: (event) => {
        const fault = this.plan.ofEvent();
        if (isSilent || this.hasCrashed || fault === 'lost') return;
        if (fault === 'silent' || fault === 'gone' || fault === 'broken') {
          isSilent = true;
          if (fault === 'silent') return;
          close();
          tell(() => listener.onEnded(fault === 'gone' ? faultErrors.gone() : undefined), false);
          return;
        }
        tell(() => listener.onEvent(event), fault === 'late');
        if (fault === 'repeated') tell(() => listener.onEvent(event), false);
      },
      onEnded: (error) => {
        if (!isSilent && !this.hasCrashed) tell(() => listener.onEnded(error), false);
      },
    };
  }
}
