import type { StreamJobStatus } from '../../../runtime/src/contract/status.ts';
import type { System } from '../../../runtime/src/sys/system.ts';
import type { Dev } from '../../src/cli/dev.ts';
import { podKind, streamJobKind } from '../../src/dev/store/kinds.ts';
import { StoreClient } from '../../src/dev/store-client.ts';
import { type StreamJobObject, streamJobs } from '../../src/kube/kinds.ts';
import type { Stored } from '../../src/kube/objects.ts';
import { roleLabel } from '../../src/streamjob/names.ts';

export interface TourSettings {
  readonly system: System;
  readonly dev: Dev;
  readonly job: StreamJobObject;
  say(line: string): void;
}

type Job = Stored<StreamJobObject & { readonly status?: StreamJobStatus }>;

const namespace = 'default';
/** How long the job is left alone between two acts. */
const restMs = 2500;

/** One job from its first moment to its last, with all that can happen to it in between. It ends when the job does. */
export class Tour {
  private readonly settings: TourSettings;
  private readonly client: StoreClient;
  private readonly name: string;
  private readonly startMs: number;

  constructor(settings: TourSettings) {
    const { system, dev, job } = settings;
    this.settings = settings;
    this.client = new StoreClient(dev.cluster.store, system.timers);
    this.name = job.metadata.name;
    this.startMs = system.clock.monotonicMs();
  }

  async run(): Promise<void> {
    await this.apply();
    for (const act of [this.scale, this.kill, this.upgrade]) {
      await this.rest();
      await act.call(this);
    }
    await this.until(({ phase }) => phase === 'Finished' && !this.hasPods);
    this.say('The job has come to its end: all flights have landed, and its pods are gone.');
  }

  private async apply(): Promise<void> {
    this.say('> kubectl apply -f job.yaml');
    await this.client.create(streamJobs, this.settings.job);
    await this.untilInForce();
    this.say('It runs, in the pods that the operator has made: a coordinator and a worker.');
  }

  private async scale(): Promise<void> {
    this.say(`> kubectl scale streamjob ${this.name} --replicas 2`);
    await this.client.scale(streamJobs, this.at, 2);
    await this.untilInForce();
    this.say(`It has two slots in two workers. Records stood still for ${pause(this.status.lastRescale)}.`);
  }

  private async kill(): Promise<void> {
    const { store } = this.settings.dev.cluster;
    const worker = store
      .all(podKind, namespace)
      .find(({ metadata }) => metadata.labels?.[roleLabel] === 'worker');
    const { attempt = 0 } = this.status;
    this.say('> kill -9 of a worker');
    const killedMs = this.nowMs;
    this.settings.dev.cluster.kill(namespace, worker?.metadata.name ?? '');
    await this.untilInForce((status) => (status.attempt ?? 0) > attempt);
    const tookMs = Math.round(this.nowMs - killedMs);
    this.say(`It runs again, ${tookMs} ms later, from its last checkpoint.`);
  }

  private async upgrade(): Promise<void> {
    const before = this.status.revision?.current;
    this.say(
      '> kubectl apply -f job.yaml, with another configuration: it is to read the rest as fast as it can',
    );
    const { uid } = this.job.metadata;
    await this.client.patch(streamJobs, this.at, { spec: { args: { rate: '4000' } } }, { uid });
    await this.untilInForce(({ revision }) => revision?.current !== before);
    const { revision, lastUpgrade } = this.status;
    this.say(
      `The revision ${revision?.current} has taken over from ${before}, beside which it was started. Records stood still for ${pause(lastUpgrade)}.`,
    );
  }

  private get at(): { readonly namespace: string; readonly name: string } {
    return { namespace, name: this.name };
  }

  private get nowMs(): number {
    return this.settings.system.clock.monotonicMs() - this.startMs;
  }

  private get job(): Job {
    return this.settings.dev.cluster.store.find(streamJobKind, this.at) as unknown as Job;
  }

  private get status(): StreamJobStatus {
    return this.job.status ?? {};
  }

  private get hasPods(): boolean {
    return this.settings.dev.cluster.store.all(podKind, namespace).length > 0;
  }

  private say(text: string): void {
    this.settings.say(`${(this.nowMs / 1000).toFixed(1).padStart(5)} s  ${text}`);
  }

  private rest(): Promise<void> {
    return new Promise((resolve) => void this.settings.system.timers.after(restMs, resolve));
  }

  /** Until what is wanted now is so. */
  private untilInForce(isSo: (status: StreamJobStatus) => boolean = () => true): Promise<void> {
    const { generation } = this.job.metadata;
    return this.until(
      (status) =>
        status.observedGeneration === generation &&
        status.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true &&
        isSo(status),
    );
  }

  /** Until something is so. */
  private until(isSo: (status: StreamJobStatus) => boolean): Promise<void> {
    const { store } = this.settings.dev.cluster;
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        const { status } = this;
        const stalled = status.conditions?.find(({ type }) => type === 'Stalled');
        if (stalled !== undefined) reject(new Error(stalled.message));
        else if (isSo(status)) resolve();
        else if (status.phase === 'Finished' && !this.hasPods)
          reject(new Error('The job came to its end too early.'));
        else return false;
        return true;
      };
      if (look()) return;
      const stop = store.log.listen(() => {
        if (look()) stop();
      });
    });
  }
}

const pause = (change: StreamJobStatus['lastUpgrade']): string =>
  change === undefined ? 'a moment' : `${change.pauseMs} ms`;
