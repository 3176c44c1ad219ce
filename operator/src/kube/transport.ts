import type { System } from '../../../runtime/src/sys/system.ts';
import type { AccessSource } from './access.ts';
import { refusal, statusIn } from './answers.ts';
import { type Answer, type Call, type CallLimits, Connections, unanswered } from './calls.ts';
import type {
  ListOptions,
  ListPage,
  ObjectName,
  PeopleClient,
  Preconditions,
  Watch,
  WatchListener,
  WatchOptions,
} from './client.ts';
import { type FieldOwner, ownersForApply } from './field-owners.ts';
import { apiVersionOf, type KubeObject, pathOf, type ResourceType, type Stored } from './objects.ts';
import { Turns } from './turns.ts';
import { OpenWatch, type WatchLimits } from './watching.ts';

/** A call that has ended, for metrics. */
export interface CallReport {
  readonly verb: string;
  readonly resource: string;
  /** Of HTTP; 0 = no answer. */
  readonly status: number;
  readonly durationMs: number;
}

export interface TransportOptions {
  readonly system: Pick<System, 'clock' | 'httpClients' | 'timers'>;
  readonly access: AccessSource;
  /** Default 30 s; the lease's are shorter than what is left of it. */
  readonly callTimeoutMs?: number | undefined;
  /** Who patches, as the API server keeps it for each field; absent = the operator. */
  readonly patchManager?: string | undefined;
  readonly onCall?: ((report: CallReport) => void) | undefined;
}

/** Who writes, as the API server keeps it for each field. */
export const fieldManager = 'millrace';
/** The same for patches: a field that is set on the way stays when what is applied does not name it. */
const operatorPatchManager = 'millrace-patch';

const usualCallTimeoutMs = 30_000;
/** Calls at once; the server's own limits are below that (priority and fairness). */
const mostCalls = 32;
const mostWatches = 1000;
const mostAnswerBytes = 64 * 1024 * 1024;
/** An object may have 1.5 MiB in the server's store, which JSON can make longer. */
const mostEventBytes = 16 * 1024 * 1024;
/** How much later than it was asked to a server may end a watch. */
const watchMarginMs = 30_000;

const queryOf = (entries: Readonly<Record<string, string | number | boolean | undefined>>): string => {
  const given = Object.entries(entries).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, `${value}`])).toString()}`;
};

const titleOf = (
  { kind }: ResourceType,
  { namespace, name }: Pick<KubeObject['metadata'], 'name' | 'namespace'>,
): string => `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

const placeOf = (namespace: string | undefined): string =>
  namespace === undefined ? '' : ` in ${namespace}`;

const fenced = <O extends KubeObject>(object: O, { uid, resourceVersion }: Preconditions): O => ({
  ...object,
  metadata: { ...object.metadata, uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
});

/** Whether an answer says that this one object is not there; without a status, the whole kind is not. */
const isAbsent = ({ status, body }: Answer): boolean =>
  status === 404 && statusIn(body)?.reason === 'NotFound';

/** A real API server, over HTTP. */
export class Transport implements PeopleClient {
  private readonly options: TransportOptions;
  private readonly calls: Connections;
  /** On connections of their own: however many there are, calls find one free. */
  private readonly watches: Connections;
  private readonly limits: CallLimits;
  private readonly pages = new Turns(1);

  constructor(options: TransportOptions) {
    this.options = options;
    this.calls = new Connections(options.system, options.access, mostCalls);
    this.watches = new Connections(options.system, options.access, mostWatches);
    this.limits = { timeoutMs: options.callTimeoutMs ?? usualCallTimeoutMs, mostBytes: mostAnswerBytes };
  }

  /** Ends what is under way, watches too. */
  close(): void {
    this.calls.close();
    this.watches.close();
  }

  async get<O extends KubeObject>(type: ResourceType<O>, at: ObjectName): Promise<Stored<O> | undefined> {
    const path = pathOf(type, at.namespace, at.name);
    const call: Call = { method: 'GET', path, what: `get ${titleOf(type, at)}` };
    const answer = await this.send('get', type, call);
    return isAbsent(answer) ? undefined : contentOf(call, answer);
  }

  async list<O extends KubeObject>(type: ResourceType<O>, options: ListOptions = {}): Promise<ListPage<O>> {
    const { namespace, labelSelector, fieldSelector, limit, continue: from } = options;
    const path = `${pathOf(type, namespace)}${queryOf({ labelSelector, fieldSelector, limit, continue: from })}`;
    const call: Call = { method: 'GET', path, what: `list ${type.plural}${placeOf(namespace)}` };
    const page = await this.page<O>(type, call);
    const { resourceVersion, continue: next } = page.metadata;
    // In a list, the server leaves out of each item what it says of the whole list.
    const shared = { apiVersion: apiVersionOf(type), kind: type.kind };
    const items = (page.items ?? []).map((item) => ({ ...shared, ...item }));
    return next === undefined || next === ''
      ? { items, resourceVersion }
      : { items, resourceVersion, continue: next };
  }

  watch<O extends KubeObject>(
    type: ResourceType<O>,
    options: WatchOptions,
    listener: WatchListener<O>,
  ): Watch {
    const { namespace, labelSelector, resourceVersion, timeoutSeconds } = options;
    const query = queryOf({
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion,
      timeoutSeconds,
      labelSelector,
    });
    const path = `${pathOf(type, namespace)}${query}`;
    const call: Call = { method: 'GET', path, what: `watch ${type.plural}${placeOf(namespace)}` };
    const limits: WatchLimits = {
      headTimeoutMs: this.limits.timeoutMs,
      timeoutMs: timeoutSeconds * 1000 + watchMarginMs,
      mostBytes: mostEventBytes,
    };
    const watch = new OpenWatch<O>(call, limits, this.options.system.timers, this.counted(type, listener));
    void watch.start(this.watches);
    return watch;
  }

  async create<O extends KubeObject>(type: ResourceType<O>, object: O): Promise<Stored<O>> {
    const path = `${pathOf(type, object.metadata.namespace)}${queryOf({ fieldManager })}`;
    const what = `create ${titleOf(type, object.metadata)}`;
    return await this.content('create', type, { method: 'POST', path, body: object, what });
  }

  async apply<O extends KubeObject>(
    type: ResourceType<O>,
    object: O,
    expected: Preconditions,
  ): Promise<Stored<O>> {
    const applied = await this.applyTo(type, object, expected, undefined);
    const { managedFields, uid, resourceVersion } = applied.metadata as Stored<O>['metadata'] & {
      readonly managedFields?: readonly FieldOwner[];
    };
    const owners = ownersForApply(managedFields, fieldManager);
    if (owners === undefined) return applied;
    // Once in the life of an object.
    const { namespace = '', name } = object.metadata;
    const patch = { metadata: { managedFields: owners } };
    const owned = await this.patch(type, { namespace, name }, patch, { uid, resourceVersion });
    return await this.applyTo(type, object, owned.metadata, undefined);
  }

  async applyStatus<O extends KubeObject>(
    type: ResourceType<O>,
    object: O & { readonly status: object },
    expected: Preconditions,
  ): Promise<Stored<O>> {
    return await this.applyTo<O>(type, object, expected, 'status');
  }

  async patch<O extends KubeObject>(
    type: ResourceType<O>,
    at: ObjectName,
    patch: object,
    expected: Preconditions,
  ): Promise<Stored<O>> {
    const body = fenced(patch as KubeObject, expected);
    return await this.content('patch', type, this.patching(type, at, body, undefined));
  }

  async scale(type: ResourceType, at: ObjectName, replicas: number): Promise<void> {
    await this.content('patch', type, this.patching(type, at, { spec: { replicas } }, 'scale'));
  }

  async remove(type: ResourceType, at: ObjectName, expected: Preconditions): Promise<void> {
    const { uid, resourceVersion } = expected;
    const call: Call = {
      method: 'DELETE',
      path: pathOf(type, at.namespace, at.name),
      body: { propagationPolicy: 'Background', preconditions: { uid, resourceVersion } },
      what: `delete ${titleOf(type, at)}`,
    };
    const answer = await this.send('delete', type, call);
    if (!isAbsent(answer)) contentOf(call, answer);
  }

  async serves(type: ResourceType): Promise<boolean> {
    const path = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
    const call: Call = { method: 'GET', path, what: `tell the kinds of ${apiVersionOf(type)}` };
    const answer = await this.send('discover', type, call);
    if (answer.status === 404) return false;
    const { resources } = contentOf<{ readonly resources?: readonly { readonly name: string }[] }>(
      call,
      answer,
    );
    return resources?.some(({ name }) => name === type.plural) ?? false;
  }

  private patching(type: ResourceType, at: ObjectName, body: object, part: 'scale' | undefined): Call {
    const fieldManager = this.options.patchManager ?? operatorPatchManager;
    return {
      method: 'PATCH',
      path: `${pathOf(type, at.namespace, at.name, part)}${queryOf({ fieldManager })}`,
      body,
      contentType: 'application/merge-patch+json',
      what: `${part ?? 'patch'} ${titleOf(type, at)}`,
    };
  }

  private async applyTo<O extends KubeObject>(
    type: ResourceType<O>,
    object: O,
    expected: Preconditions,
    part: 'status' | undefined,
  ): Promise<Stored<O>> {
    const { namespace, name } = object.metadata;
    const path = `${pathOf(type, namespace, name, part)}${queryOf({ fieldManager, force: true })}`;
    const what = `apply ${part === undefined ? '' : `the ${part} of `}${titleOf(type, object.metadata)}`;
    const contentType = 'application/apply-patch+yaml';
    const body = fenced(object, expected);
    return await this.content('apply', type, { method: 'PATCH', path, body, contentType, what });
  }

  /** One after the other: a page is megabytes, and who starts asks for all kinds at once. */
  private async page<O extends KubeObject>(type: ResourceType<O>, call: Call): Promise<RawPage<O>> {
    await new Promise<void>((go) => this.pages.take(go));
    try {
      return contentOf<RawPage<O>>(call, await this.send('list', type, call));
    } finally {
      this.pages.give();
    }
  }

  private async content<T>(verb: string, type: ResourceType, call: Call): Promise<T> {
    return contentOf<T>(call, await this.send(verb, type, call));
  }

  private async send(verb: string, type: ResourceType, call: Call): Promise<Answer> {
    const beginMs = this.options.system.clock.monotonicMs();
    let status = 0;
    try {
      const answer = await this.calls.send(call, this.limits);
      status = answer.status;
      return answer;
    } finally {
      this.report(verb, type, status, beginMs);
    }
  }

  private counted<O extends KubeObject>(type: ResourceType<O>, listener: WatchListener<O>): WatchListener<O> {
    const beginMs = this.options.system.clock.monotonicMs();
    return {
      onEvent: (event) => listener.onEvent(event),
      onEnded: (error) => {
        this.report('watch', type, error === undefined ? 200 : error.status, beginMs);
        listener.onEnded(error);
      },
    };
  }

  private report(verb: string, type: ResourceType, status: number, beginMs: number): void {
    const durationMs = this.options.system.clock.monotonicMs() - beginMs;
    this.options.onCall?.({ verb, resource: type.plural, status, durationMs });
  }
}

interface RawPage<O extends KubeObject> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly Stored<O>[] | null;
}

/** What a call was made for. */
const contentOf = <T>(call: Call, { status, headers, body }: Answer): T => {
  if (status < 200 || status >= 300) throw refusal(call.what, status, body, headers);
  try {
    return JSON.parse(body) as T;
  } catch (error) {
    throw unanswered(call.what, error as Error);
  }
};
