import type { Pod } from '../../operator/src/kube/kinds.ts';
import type { ObjectMeta } from '../../operator/src/kube/objects.ts';
import type { StreamJobStatus } from '../../runtime/src/contract/status.ts';
import type { Condition } from '../../runtime/src/contract/told.ts';
import { type Cluster, waitFor } from '../cluster/cluster.ts';

export type Role = 'coordinator' | 'worker';

/** What a person writes in a file. */
export type Fields = Readonly<Record<string, unknown>>;

export interface JobOnNodeSettings {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly name: string;
  readonly spec: Fields;
}

/** Longer than anything takes on a slow machine. */
const limitMs = 120_000;

export const isInForce = ({ conditions = [] }: StreamJobStatus): boolean =>
  conditions.some(({ type, status }) => type === 'Ready' && status === 'True');

/** Why it is not in force and somebody is needed; undefined = that is not so. */
export const stalledBy = ({ conditions = [] }: StreamJobStatus): Condition | undefined =>
  conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');

/** What its conditions say, one after the other. */
export const messagesOf = ({ conditions = [] }: StreamJobStatus): string =>
  conditions.map(({ message }) => message).join(' ');

/** A job as a person has it in a file, seen and changed through kubectl alone. */
export class JobOnNode {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly name: string;
  private spec: Fields;
  private before: Fields;

  constructor({ cluster, namespace, name, spec }: JobOnNodeSettings) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.name = name;
    this.spec = spec;
    this.before = spec;
  }

  /** Another job of the same file with other fields. */
  another(name: string, fields: Fields): JobOnNode {
    const { cluster, namespace, spec } = this;
    return new JobOnNode({ cluster, namespace, name, spec: { ...spec, ...fields } });
  }

  /** kubectl in the namespace of the job. */
  kubectl(...words: readonly string[]): Promise<string> {
    return this.cluster.kubectl(['-n', this.namespace, ...words]);
  }

  /** `kubectl apply` of the file with other fields; one that is undefined goes. */
  async apply(fields: Fields = {}): Promise<void> {
    this.before = this.spec;
    this.spec = { ...this.spec, ...fields };
    const { namespace, name, spec } = this;
    await this.cluster.apply([
      {
        apiVersion: 'millrace.dev/v1alpha1',
        kind: 'StreamJob',
        metadata: { name, namespace },
        spec,
      },
    ]);
  }

  /** What was applied last is out of the file again. */
  forget(): void {
    this.spec = this.before;
  }

  /** The same with other arguments of the job. */
  async applyArguments(more: Fields): Promise<void> {
    await this.apply({ args: { ...(this.spec['args'] as Fields), ...more } });
  }

  async delete(): Promise<void> {
    await this.kubectl('delete', 'streamjob', this.name, '--timeout=120s');
  }

  private async object(): Promise<{ readonly metadata: ObjectMeta; readonly status?: StreamJobStatus }> {
    return JSON.parse(await this.kubectl('get', 'streamjob', this.name, '-o', 'json'));
  }

  async metadata(): Promise<ObjectMeta> {
    return (await this.object()).metadata;
  }

  async status(): Promise<StreamJobStatus> {
    return (await this.object()).status ?? {};
  }

  /** @throws Error with the whole status when it was not so within the limit */
  async waitUntil(what: string, isSo: (status: StreamJobStatus) => boolean): Promise<void> {
    try {
      await waitFor(what, limitMs, async () => isSo(await this.status()));
    } catch (error) {
      throw new Error(`${String(error)} ${JSON.stringify(await this.status())}`, { cause: error });
    }
  }

  /** Those that are not on their way out. */
  async pods(role?: Role): Promise<readonly Pod[]> {
    const roles = role === undefined ? '' : `,millrace.dev/role=${role}`;
    const selector = `--selector=millrace.dev/job=${this.name}${roles}`;
    const { items } = JSON.parse(await this.kubectl('get', 'pods', selector, '-o', 'json')) as {
      readonly items: readonly Pod[];
    };
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** The name of one whose program runs: one that has just been killed waits for the kubelet. */
  async podOf(role: Role): Promise<string> {
    const running = (await this.pods(role)).find(
      ({ status }) => status?.containerStatuses?.every(({ state }) => state?.running !== undefined) === true,
    );
    if (running === undefined) throw new Error(`No ${role} of ${this.name} runs.`);
    return running.metadata.name;
  }

  /** `kill -9` of the process of one of its pods. */
  async kill(role: Role): Promise<void> {
    await this.cluster.killContainer(this.namespace, await this.podOf(role), role);
  }

  async deletePod(role: Role): Promise<void> {
    await this.kubectl('delete', 'pod', await this.podOf(role), '--wait=false');
  }
}
