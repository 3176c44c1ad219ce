import type { Kind } from '../store/kinds.ts';
import { type DevObject, listAt, valueAt } from '../store/values.ts';

/** What `kubectl get` shows of an object. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
  of(object: DevObject): unknown;
}

const at = (name: string, type: Column['type'], path: string, priority = 0): Column => ({
  name,
  type,
  priority,
  of: (object) => valueAt(object, ...path.split('.')),
});

const condition = (name: string, field: string): Column => ({
  name,
  type: 'string',
  priority: 1,
  of: (object) => listAt(object, 'status', 'conditions').find(({ type }) => type === 'Ready')?.[field],
});

const age = at('Age', 'date', 'metadata.creationTimestamp');

const containers = (pod: DevObject) => listAt(pod, 'status', 'containerStatuses');

/** A pod in one word, as kubectl's users know it. */
const podState = (pod: DevObject): unknown => {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const reason = containers(pod)
    .map(({ state }) => valueAt(state, 'waiting', 'reason') ?? valueAt(state, 'terminated', 'reason'))
    .find((known) => known !== undefined);
  return reason ?? pod.status?.['phase'];
};

const podColumns: readonly Column[] = [
  {
    name: 'Ready',
    type: 'string',
    of: (pod) =>
      `${containers(pod).filter(({ ready }) => ready === true).length}/${listAt(pod, 'spec', 'containers').length}`,
  },
  { name: 'Status', type: 'string', of: podState },
  {
    name: 'Restarts',
    type: 'integer',
    of: (pod) => Math.max(0, ...containers(pod).map(({ restartCount }) => Number(restartCount))),
  },
  age,
  at('IP', 'string', 'status.podIP', 1),
  at('Node', 'string', 'spec.nodeName', 1),
];

const columns: Readonly<Record<string, readonly Column[]>> = {
  streamjobs: [
    at('Phase', 'string', 'status.phase'),
    at('Ready', 'string', 'status.workersReady'),
    at('Parallelism', 'integer', 'spec.parallelism'),
    at('Revision', 'string', 'status.revision.current'),
    at('Checkpoint', 'date', 'status.checkpoint.time'),
    at('Last Pause', 'string', 'status.lastPause'),
    age,
    condition('Reason', 'reason'),
    condition('Message', 'message'),
  ],
  savepoints: [
    at('Job', 'string', 'spec.jobRef.name'),
    at('Phase', 'string', 'status.phase'),
    at('Bytes', 'integer', 'status.bytes'),
    at('Completed', 'date', 'status.completedTime'),
    at('Path', 'string', 'status.path', 1),
    age,
  ],
  pods: podColumns,
  replicasets: [
    at('Desired', 'integer', 'spec.replicas'),
    at('Current', 'integer', 'status.replicas'),
    at('Ready', 'integer', 'status.readyReplicas'),
    age,
  ],
  namespaces: [at('Status', 'string', 'status.phase'), age],
  services: [at('Type', 'string', 'spec.type'), at('Cluster-IP', 'string', 'spec.clusterIP'), age],
  events: [
    at('Type', 'string', 'type'),
    at('Reason', 'string', 'reason'),
    at('Object', 'string', 'involvedObject.name'),
    at('Message', 'string', 'message'),
  ],
};

/** How long ago, in the largest unit that says enough. */
const ago = (since: unknown, nowMs: number): string => {
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(String(since))) / 1_000));
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
};

const cell = ({ type, of }: Column, object: DevObject, nowMs: number): unknown => {
  const value = of(object);
  if (type === 'date') return value === undefined ? '' : ago(value, nowMs);
  return value ?? (type === 'integer' ? 0 : '');
};

/** Objects as a table, the way in which kubectl asks for them. */
export const tableOf = (
  kind: Kind,
  objects: readonly DevObject[],
  nowMs: number,
  metadata: object = {},
): object => {
  const shown = columns[kind.plural] ?? [age];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
      ...shown.map(({ name, type, priority = 0 }) => ({
        name,
        type: type === 'date' ? 'string' : type,
        format: '',
        description: '',
        priority,
      })),
    ],
    rows: objects.map((object) => ({
      cells: [object.metadata.name, ...shown.map((column) => cell(column, object, nowMs))],
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
};
