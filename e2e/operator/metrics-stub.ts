import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The program of the pod. It is a metrics API as the autoscaler asks one: whatever is asked for, the answer is the same number; autoscalers are moved
 * by what they want of it.
 */
const program = `
const https = require('node:https');
const fs = require('node:fs');
const value = { metricName: 'waiting', metricLabels: {}, timestamp: new Date().toISOString(), value: '4' };
const group = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'external.metrics.k8s.io/v1beta1',
  resources: [{ name: 'waiting', singularName: '', namespaced: true, kind: 'ExternalMetricValueList', verbs: ['get'] }] };
const list = () => ({ kind: 'ExternalMetricValueList', apiVersion: 'external.metrics.k8s.io/v1beta1', metadata: {},
  items: [{ ...value, timestamp: new Date().toISOString() }] });
const options = { key: fs.readFileSync('/stub/tls.key'), cert: fs.readFileSync('/stub/tls.crt') };
https.createServer(options, (request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(request.url.includes('/namespaces/') ? list() : group));
}).listen(6443);
process.on('SIGTERM', () => process.exit(0));
`;

/** A certificate that nobody checks. */
const certificate = (): { readonly key: string; readonly certificate: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-metrics-'));
  const [key, crt] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  try {
    const words =
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=metrics';
    execFileSync('openssl', [...words.split(' '), '-keyout', key, '-out', crt], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), certificate: readFileSync(crt, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

const podSpec = {
  securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'stub',
      image: 'localhost/node:24',
      imagePullPolicy: 'Never',
      command: ['node', '/stub/stub.js'],
      securityContext: restricted,
      resources: { requests: { cpu: '10m', memory: '32Mi' } },
      readinessProbe: { tcpSocket: { port: 6443 }, periodSeconds: 1 },
      volumeMounts: [{ name: 'stub', mountPath: '/stub' }],
    },
  ],
  volumes: [{ name: 'stub', configMap: { name: 'metrics' } }],
};

/** What an autoscaler needs that goes by a metric of the outside. */
export const metricsObjects = (namespace: string): readonly object[] => {
  const { key, certificate: crt } = certificate();
  const metadata = { name: 'metrics', namespace };
  const labels = { app: 'metrics' };
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { 'stub.js': program, 'tls.key': key, 'tls.crt': crt },
    },
    { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, labels }, spec: podSpec },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ port: 443, targetPort: 6443 }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.external.metrics.k8s.io' },
      spec: {
        group: 'external.metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: 'metrics', namespace },
      },
    },
  ];
};

/** An autoscaler that wants so many slots, since the metric is 4. */
export const autoscaler = (namespace: string, job: string, slots: 1 | 2 | 4): object => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: job, namespace },
  spec: {
    scaleTargetRef: { apiVersion: 'millrace.dev/v1alpha1', kind: 'StreamJob', name: job },
    minReplicas: 1,
    maxReplicas: 4,
    metrics: [
      {
        type: 'External',
        external: {
          metric: { name: 'waiting' },
          target: { type: 'AverageValue', averageValue: `${4 / slots}` },
        },
      },
    ],
    behavior: { scaleDown: { stabilizationWindowSeconds: 0 }, scaleUp: { stabilizationWindowSeconds: 0 } },
  },
});
