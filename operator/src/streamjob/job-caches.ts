import type { System } from '../../../runtime/src/sys/system.ts';
import { Cache, type Change } from '../kube/cache.ts';
import type { KubeClient, ObjectName } from '../kube/client.ts';
import * as kinds from '../kube/kinds.ts';
import type { KubeObject, ResourceType, Stored } from '../kube/objects.ts';
import { isKnown, Reflector } from '../kube/reflector.ts';
import { jobLabel, jobUidLabel, managedBy, managedByLabel } from './names.ts';
import type { JobObjectsRead } from './observe.ts';
import { trimmedPod, trimmedRevision } from './trimmed.ts';

export interface JobCachesSettings {
  readonly client: KubeClient;
  readonly system: Pick<System, 'clock' | 'packing' | 'random' | 'timers'>;
  /** undefined = all of them. */
  readonly namespaces: readonly string[] | undefined;
  /** Something of a job is new. `isSpec`: what the user wants. */
  readonly onChange: (job: ObjectName, isSpec: boolean) => void;
  /** A kind is known for the first time, or again. */
  readonly onSynced: () => void;
}

/** One kind: what the cluster has of it, and who keeps that up to date. */
interface Cached<O extends KubeObject> {
  readonly type: ResourceType<O>;
  readonly cache: Cache<O>;
  readonly reflectors: readonly Reflector<O>[];
}

/** How one kind is cached. */
interface Caching<O extends KubeObject> {
  /** Absent = all there are. */
  readonly labelSelector?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly trim?: ((object: Stored<O>) => Stored<O>) | undefined;
  /** Absent = as its labels say. */
  readonly jobOf?: ((object: KubeObject) => ObjectName | undefined) | undefined;
  /** Whether a user has changed what they want, and waits. */
  readonly isSpec?: ((change: Change<O>) => boolean) | undefined;
}

const ownerOf = ({ metadata }: KubeObject): ObjectName | undefined => {
  const name = metadata.labels?.[jobLabel];
  return name === undefined ? undefined : { namespace: metadata.namespace ?? '', name };
};

const ownObjects = { labelSelector: `${managedByLabel}=${managedBy}` };
const labels: readonly string[] = [jobUidLabel];

/** What the cluster has of all jobs. Objects of others are never asked for: only StreamJobs are watched whole. */
export class JobCaches {
  private readonly settings: JobCachesSettings;
  private readonly jobs: Cached<kinds.StreamJobObject>;
  private readonly revisions: Cached<kinds.ControllerRevision>;
  private readonly sets: Cached<kinds.ReplicaSet>;
  private readonly pods: Cached<kinds.Pod>;
  /** Kinds that are only made and compared. */
  private readonly others: readonly Cached<KubeObject>[];
  /** Of each job, the newest version that a write of our own has made, by kind. */
  private readonly writes = new Map<string, Map<string, string>>();

  constructor(settings: JobCachesSettings) {
    this.settings = settings;
    this.jobs = this.cached(kinds.streamJobs, {
      jobOf: ({ metadata: { namespace = '', name } }) => ({ namespace, name }),
      // Before, there was no job of whom somebody could wait for an answer.
      isSpec: ({ before, now }) =>
        before !== undefined && before.metadata.generation !== now?.metadata.generation,
    });
    this.revisions = this.cached(kinds.controllerRevisions, { ...ownObjects, labels, trim: trimmedRevision });
    this.sets = this.cached(kinds.replicaSets, { ...ownObjects, labels });
    this.pods = this.cached(kinds.pods, { ...ownObjects, labels, trim: trimmedPod });
    this.others = [
      kinds.configMaps,
      kinds.services,
      kinds.serviceAccounts,
      kinds.networkPolicies,
      kinds.podDisruptionBudgets,
    ].map((type) => this.cached<KubeObject>(type, ownObjects));
  }

  get isSynced(): boolean {
    return this.all.every(({ reflectors }) => reflectors.every(isKnown));
  }

  /** Of every kind and namespace, for metrics. */
  get reflectors(): readonly Reflector<never>[] {
    return this.all.flatMap(({ reflectors }) => reflectors) as unknown as readonly Reflector<never>[];
  }

  start(): void {
    for (const { reflectors } of this.all) for (const reflector of reflectors) reflector.start();
  }

  stop(): void {
    for (const { reflectors } of this.all) for (const reflector of reflectors) reflector.stop();
  }

  /** All jobs there are. */
  *names(): Generator<ObjectName> {
    for (const { namespace, name } of this.jobs.cache.allKept()) yield { namespace, name };
  }

  /** undefined = there is no such job. */
  read(at: ObjectName): JobObjectsRead | undefined {
    const job = this.jobs.cache.get(at);
    if (job === undefined) {
      this.writes.delete(keyOf(at));
      return undefined;
    }
    const { uid } = job.metadata;
    const of = <O extends KubeObject>({ cache }: Cached<O>): readonly Stored<O>[] =>
      cache.labelled(jobUidLabel, uid);
    return { job, revisions: of(this.revisions), sets: of(this.sets), pods: of(this.pods) };
  }

  /** An object as it was seen last; only kinds that the operator makes. */
  find<O extends KubeObject>(type: ResourceType<O>, at: ObjectName): Stored<O> | undefined {
    const cached = this.all.find(
      (other) => other.type.plural === type.plural && other.type.group === type.group,
    );
    return cached?.cache.get(at) as Stored<O> | undefined;
  }

  /** The operator has written an object of a job. */
  wrote(job: ObjectName, type: ResourceType, { metadata }: Stored<KubeObject>): void {
    const key = keyOf(job);
    const written = this.writes.get(key) ?? new Map<string, string>();
    written.set(type.plural, metadata.resourceVersion);
    this.writes.set(key, written);
  }

  /** Whether the caches show everything that the operator has written for a job: acting before would do it twice. */
  isFresh(job: ObjectName): boolean {
    const written = this.writes.get(keyOf(job));
    if (written === undefined) return true;
    for (const { type, reflectors } of this.all) {
      const version = written.get(type.plural);
      if (version === undefined) continue;
      const own = reflectors.filter(
        ({ namespace }) => namespace === undefined || namespace === job.namespace,
      );
      if (!own.every((reflector) => reflector.hasObserved(version))) return false;
      written.delete(type.plural);
    }
    this.writes.delete(keyOf(job));
    return true;
  }

  private get all(): readonly Cached<KubeObject>[] {
    const { jobs, revisions, sets, pods, others } = this;
    return [jobs, revisions, sets, pods, ...others] as unknown as readonly Cached<KubeObject>[];
  }

  private cached<O extends KubeObject>(
    type: ResourceType<O>,
    { labelSelector, labels, trim, jobOf = ownerOf, isSpec = () => false }: Caching<O>,
  ): Cached<O> {
    const { client, system, namespaces, onChange, onSynced } = this.settings;
    const cache = new Cache<O>({
      trim,
      labels,
      packing: system.packing,
      onChange: (change) => {
        const job = jobOf((change.now ?? change.before) as Stored<O>);
        if (job !== undefined) onChange(job, isSpec(change));
      },
    });
    const reflectors = (namespaces ?? [undefined]).map(
      (namespace) => new Reflector<O>({ client, type, namespace, labelSelector, cache, system, onSynced }),
    );
    return { type, cache, reflectors };
  }
}

const keyOf = ({ namespace, name }: ObjectName): string => `${namespace}/${name}`;
