import { createTestSystem, type TestSystem } from 'millrace/testing';
import { type Kind, kindOf } from '../../src/dev/store/kinds.ts';
import { ObjectStore } from '../../src/dev/store/object-store.ts';
import type { Fields, Sent } from '../../src/dev/store/values.ts';
import { StoreClient } from '../../src/dev/store-client.ts';

/** A server in memory, a client of it, and the time of both. */
export interface Rig {
  readonly machine: TestSystem;
  readonly store: ObjectStore;
  readonly client: StoreClient;
  /** Lets time go by until an answer is there. */
  answered<T>(answer: Promise<T>): Promise<T>;
}

/** Midnight of some day. */
const startMs = Date.UTC(2026, 0, 5);

export const createRig = (remembered?: number): Rig => {
  const machine = createTestSystem({ startMs });
  const store = new ObjectStore(machine.system, remembered);
  return {
    machine,
    store,
    client: new StoreClient(store, machine.system.timers),
    answered: (answer) => answered(machine, answer),
  };
};

/** Lets the time of a machine go by, a millisecond at a time, until a promise is settled. */
export const answered = async <T>(machine: TestSystem, answer: Promise<T>): Promise<T> => {
  let isSettled = false;
  const mark = (): void => {
    isSettled = true;
  };
  answer.then(mark, mark);
  for (let round = 0; !isSettled; round++) {
    if (round > 100_000) throw new Error('The answer did not come.');
    machine.advance(1);
    await turn();
  }
  return answer;
};

/** Lets all promises that are settled be heard. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export const kindNamed = (plural: string): Kind => {
  const group = ['', 'apps', 'millrace.dev', 'networking.k8s.io', 'policy', 'coordination.k8s.io'].find(
    (name) => kindOf({ group: name, plural }) !== undefined,
  );
  return kindOf({ group: group ?? '', plural }) as Kind;
};

export const configMap = (name: string, data: Fields = {}, metadata: Fields = {}): Sent =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ...metadata },
    data,
  }) as Sent;

export const streamJob = (name: string, spec: Fields = {}, metadata: Fields = {}): Sent =>
  ({
    apiVersion: 'millrace.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { job: { entry: './job.ts' }, ...spec },
  }) as Sent;

export const replicaSet = (name: string, replicas: number, metadata: Fields = {}): Sent =>
  ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'default', ...metadata },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'image:1' }] },
      },
    },
  }) as Sent;

export const at = (name: string): { readonly namespace: string; readonly name: string } => ({
  namespace: 'default',
  name,
});
