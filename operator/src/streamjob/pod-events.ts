import type { KubeClient } from '../kube/client.ts';
import { type ContainerStatus, events, type Pod } from '../kube/kinds.ts';
import type { Stored } from '../kube/objects.ts';

/** Containers are made within this, as a rule. */
const stuckAfterMs = 5000;
/** Whoever is still stuck is asked about again. */
const againMs = 10_000;

const reasons: ReadonlySet<string> = new Set(['FailedMount', 'FailedAttachVolume', 'FailedCreatePodSandBox']);

const isBeingMade = ({ state }: ContainerStatus): boolean =>
  state?.waiting?.reason === 'ContainerCreating' || state?.waiting?.reason === 'PodInitializing';

/** Nothing of it has ever run. */
const waitsForContainers = ({ metadata, status }: Stored<Pod>): boolean => {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return metadata.deletionTimestamp === undefined && containers.length > 0 && containers.every(isBeingMade);
};

interface Found {
  readonly uid: string;
  readonly askedMs: number;
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
}

/**
 * Why a container cannot be made stands in no status: the kubelet tells it by events alone, such as a Secret that is not there to be mounted. They are read
 * when a pod is stuck, of one pod of a job at a time.
 */
export class PodEvents {
  private readonly client: Pick<KubeClient, 'list'>;
  private readonly found = new Map<string, Found>();

  constructor(client: Pick<KubeClient, 'list'>) {
    this.client = client;
  }

  /** The pods of a job, as if their statuses said it. */
  async explain(job: string, pods: readonly Stored<Pod>[], nowMs: number): Promise<readonly Stored<Pod>[]> {
    const stuck = pods.find((pod) => waitsForContainers(pod) && ageMs(pod, nowMs) >= stuckAfterMs);
    if (stuck === undefined) {
      this.found.delete(job);
      return pods;
    }
    const { waiting } = await this.ask(job, stuck, nowMs);
    return waiting === undefined ? pods : pods.map((pod) => (pod === stuck ? saying(pod, waiting) : pod));
  }

  /** When to look again, although nothing happens; undefined = no pod waits for its containers. */
  againMs(pods: readonly Stored<Pod>[], nowMs: number): number | undefined {
    const ages = pods.filter(waitsForContainers).map((pod) => ageMs(pod, nowMs));
    if (ages.length === 0) return undefined;
    return Math.max(...ages) < stuckAfterMs ? stuckAfterMs - Math.max(...ages) : againMs;
  }

  forget(job: string): void {
    this.found.delete(job);
  }

  private async ask(job: string, { metadata }: Stored<Pod>, nowMs: number): Promise<Found> {
    const { uid, namespace = '' } = metadata;
    const known = this.found.get(job);
    if (known?.uid === uid && nowMs - known.askedMs < againMs) return known;
    // To know why is no reason to fail.
    const page = await this.client
      .list(events, { namespace, fieldSelector: `involvedObject.uid=${uid}`, limit: 100 })
      .catch(() => undefined);
    const told = (page?.items ?? [])
      .filter(({ reason }) => reasons.has(reason))
      .toSorted((one, other) => (one.lastTimestamp ?? '').localeCompare(other.lastTimestamp ?? ''))
      .at(-1);
    const waiting = told === undefined ? undefined : { reason: told.reason, message: told.message };
    const found = { uid, askedMs: nowMs, waiting };
    this.found.set(job, found);
    return found;
  }
}

const ageMs = ({ metadata }: Stored<Pod>, nowMs: number): number =>
  nowMs - Date.parse(metadata.creationTimestamp ?? '');

const saying = (pod: Stored<Pod>, waiting: NonNullable<Found['waiting']>): Stored<Pod> => {
  const { status } = pod;
  const [first, ...others] = status?.containerStatuses ?? [];
  return first === undefined
    ? pod
    : { ...pod, status: { ...status, containerStatuses: [{ ...first, state: { waiting } }, ...others] } };
};
