import { isMapping } from '../../../../runtime/src/contract/field.ts';
import { type Fields, fieldsAt, listAt, type Sent } from './values.ts';

/** What the server fills in where a client has left it out: nobody who compares what is with what was sent may stumble over it. */
export type Defaults = (sent: Sent) => Sent;

const probeDefaults = (probe: unknown): Fields => ({
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
  ...fieldsAt(probe),
});

const probeNames = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

const envDefaults = (entry: Fields): Fields => {
  const source = fieldsAt(entry, 'valueFrom');
  return isMapping(source['fieldRef'])
    ? { ...entry, valueFrom: { ...source, fieldRef: { apiVersion: 'v1', ...source['fieldRef'] } } }
    : entry;
};

const containerDefaults = (container: Fields): Fields => ({
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: 'IfNotPresent',
  resources: {},
  ...container,
  ...('env' in container ? { env: listAt(container, 'env').map(envDefaults) } : {}),
  ...('ports' in container
    ? { ports: listAt(container, 'ports').map((port) => ({ protocol: 'TCP', ...port })) }
    : {}),
  ...Object.fromEntries(
    probeNames.filter((name) => name in container).map((name) => [name, probeDefaults(container[name])]),
  ),
});

/** How files of a volume may be read, as a number: 0644. */
const defaultMode = 0o644;

const volumeDefaults = (volume: Fields): Fields => ({
  ...volume,
  ...Object.fromEntries(
    ['configMap', 'secret', 'projected']
      .filter((name) => name in volume)
      .map((name) => [name, { defaultMode, ...fieldsAt(volume, name) }]),
  ),
});

const podSpecDefaults = (spec: Fields): Fields => ({
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  schedulerName: 'default-scheduler',
  securityContext: {},
  enableServiceLinks: true,
  ...spec,
  containers: listAt(spec, 'containers').map(containerDefaults),
  ...('initContainers' in spec
    ? { initContainers: listAt(spec, 'initContainers').map(containerDefaults) }
    : {}),
  ...('volumes' in spec ? { volumes: listAt(spec, 'volumes').map(volumeDefaults) } : {}),
});

export const podDefaults: Defaults = (sent) => ({
  ...sent,
  spec: podSpecDefaults(sent.spec ?? {}),
  status: { phase: 'Pending', ...sent.status },
});

export const replicaSetDefaults: Defaults = (sent) => ({
  ...sent,
  spec: {
    replicas: 1,
    ...sent.spec,
    template: {
      ...fieldsAt(sent.spec, 'template'),
      spec: podSpecDefaults(fieldsAt(sent.spec, 'template', 'spec')),
    },
  },
  status: { replicas: 0, ...sent.status },
});

const servicePort = (port: Fields): Fields => ({ protocol: 'TCP', targetPort: port['port'], ...port });

export const serviceDefaults: Defaults = (sent) => ({
  ...sent,
  spec: {
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ...sent.spec,
    ports: listAt(sent.spec, 'ports').map(servicePort),
  },
});

/** A namespace goes when it is empty, and not before. */
export const namespaceDefaults: Defaults = (sent) => ({
  ...sent,
  metadata: { ...sent.metadata, finalizers: ['kubernetes'] },
  status: { phase: 'Active', ...sent.status },
});

export const secretDefaults: Defaults = (sent) => ({ type: 'Opaque', ...sent });
