export type Spec = Readonly<Record<string, unknown>>;

const store = { s3: { bucket: 'snapshots' } };

/** A spec with all that it must have, and this. */
const plus = (more: Spec): Spec => ({ job: { entry: 'src/job.ts' }, ...more });

const pod = (podTemplate: Spec): Spec => plus({ podTemplate });
const s3 = (more: Spec): Spec => plus({ checkpoint: { store: { s3: { bucket: 'snapshots', ...more } } } });
const sidecar = (more: Spec): Spec => pod({ sidecars: [{ name: 'proxy', image: 'proxy:1', ...more }] });
const volume = (more: Spec): Spec => pod({ volumes: [{ name: 'data', ...more }] });

const code: readonly Spec[] = [
  {},
  { job: {} },
  { job: { entry: 'a.ts', sql: 'SELECT 1' } },
  { job: { sql: 'SELECT 1' } },
  ...[
    'a.mjs',
    'src/deep/a.mts',
    'a.py',
    '/a.ts',
    '../a.ts',
    'src/../a.ts',
    's3:a.ts',
    'a\\b.ts',
    'a\0.ts',
    '',
    'a..b.ts',
  ].map((entry) => ({ job: { entry } })),
  ...[
    { image: 'registry.example/a:1' },
    { image: ' a' },
    { configMap: { name: 'a' } },
    { configMap: {} },
    { image: 'a', configMap: { name: 'a' } },
    {},
    { bundle: { url: 's3://a/b.tgz', sha256: '0'.repeat(64) } },
    { bundle: { url: 'https://user:pass@a/b.tgz', sha256: '0'.repeat(64) } },
    { bundle: { url: 'ftp://a/b.tgz', sha256: '0'.repeat(64) } },
    { bundle: { url: 's3://a/b.tgz', sha256: '0' } },
  ].map((from) => ({ job: { entry: 'a.ts', code: from } })),
];

const plain: readonly Spec[] = [
  plus({}),
  plus({ frobnicate: 1 }),
  ...[0, 1, 4096, 4097, 1_000_000_000, 1.5, '2'].map((parallelism) => plus({ parallelism })),
  plus({ parallelism: 8, maxParallelism: 8 }),
  plus({ parallelism: 9, maxParallelism: 8 }),
  plus({ maxParallelism: 32_769 }),
  ...[0, 64, 65].map((slotsPerWorker) => plus({ slotsPerWorker })),
  ...['Running', 'Suspended', 'running'].map((state) => plus({ state })),
  ...['Batch', 'batch'].map((mode) => plus({ mode })),
  ...[{ a: '' }, { 'a-b.c_d': 'x' }, { '1a': 'x' }, { 'a b': 'x' }, { a: 1 }, { a: 'x'.repeat(4097) }].map(
    (args) => plus({ args }),
  ),
  plus({ args: Object.fromEntries(Array.from({ length: 129 }, (_, place) => [`a${place}`, 'x'])) }),
  ...[{ type: 'Disk', directory: 'a' }, { directory: 'a' }, { type: 'Memory' }, { type: 'Tape' }].map(
    (stateBackend) => plus({ stateBackend }),
  ),
];

const durations: readonly Spec[] = [
  ...[
    '0s',
    '1d',
    '24h',
    '1d1ms',
    '24h1ms',
    '23h59m59s999ms',
    '0d24h',
    '1d0h',
    '0d25h',
    '2d',
    '90',
    '',
    '1h1d',
    '99999999d',
    '5ms5s',
  ].map((timeout) => plus({ deletion: { timeout } })),
  ...['100ms', '99ms', '10s', '1m60s'].map((interval) => plus({ checkpoint: { store, interval } })),
  ...['365d', '364d24h', '365d1ms', '366d'].map((ttlAfterFinished) => plus({ ttlAfterFinished })),
];

const sizes: readonly Spec[] = [
  ...['128Mi', '127Mi', '1.5Gi', '4Ti', '5Ti', '465458732Gi', '512MB', '1024', '134217728', 1024].map(
    (memory) => plus({ resources: { memory } }),
  ),
  ...['50m', '49m', '0.5', '256', '257', '1e3', 2].map((cpu) => plus({ resources: { cpu } })),
];

const environment: readonly Spec[] = [
  [{ name: 'A', value: 'x' }],
  [{ name: 'A' }],
  [{ value: 'x' }],
  [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }],
  [{ name: 'A', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }],
  [
    {
      name: 'A',
      valueFrom: { secretKeyRef: { name: 'a', key: 'b' }, fieldRef: { fieldPath: 'spec.nodeName' } },
    },
  ],
  [{ name: 'A', valueFrom: {} }],
  [{ name: 'A', value: 'x', prefix: 'B_' }],
  [{ from: { configMapRef: { name: 'a' } }, prefix: 'B_' }],
  [{ from: { configMapRef: { name: 'a' }, secretRef: { name: 'a' } } }],
  [{ from: { configMapRef: { name: 'a' } }, name: 'A' }],
  [{ name: 'NODE_OPTIONS', value: 'x' }],
  [{ name: '1A', value: 'x' }],
  [
    { name: 'A', value: 'x' },
    { name: 'A', value: 'y' },
  ],
  [
    { name: 'A', value: 'x' },
    { name: 'B', value: 'y' },
  ],
].map((env) => plus({ env }));

const stores: readonly Spec[] = [
  plus({ checkpoint: {} }),
  plus({ checkpoint: { store: { directory: 'a' } } }),
  plus({ checkpoint: { store: { directory: 'a', ...store } } }),
  s3({}),
  s3({ bucket: 'a' }),
  s3({ endpoint: 'http://minio:9000' }),
  s3({ endpoint: 'http://user:pass@minio:9000' }),
  ...['', 'a/b', '/a', 'a/../b', './a', 'a..b', 'a b'].map((prefix) => s3({ prefix })),
  s3({ credentials: { secretName: 'a' } }),
  s3({ credentials: {} }),
];

const restarts: readonly Spec[] = [
  {},
  { strategy: 'FixedDelay', fixedDelay: { attempts: 3 } },
  { strategy: 'None', fixedDelay: {} },
  { fixedDelay: {} },
  { exponentialDelay: { jitter: 0.5 } },
  { exponentialDelay: { jitter: 1.5 } },
  { exponentialDelay: {}, failureRate: {} },
  { strategy: 'FailureRate', failureRate: { within: '30d' } },
].map((restart) => plus({ restart }));

const cluster: readonly Spec[] = [
  ...[
    { previous: 'Ignore' },
    { id: 'a', checkpoint: 17 },
    { checkpoint: 17 },
    { id: 'a' },
    { id: 'a', checkpoint: 17, lastGood: true },
    { id: 'a', lastGood: false },
    { id: 'a', time: '2026-11-26T10:00:00Z' },
    { id: 'a', time: '2026-13-26T10:00:00Z' },
    { id: 'a', savepoint: 'b' },
  ].map((restore) => plus({ restore })),
  ...['0 3 * * *', '@daily', '*/15 8-18 * * MON-FRI', '60 * * * *', '0 3 * *', '@reboot'].map((schedule) =>
    plus({ savepoints: { schedule } }),
  ),
  ...[
    { name: 'a' },
    { annotations: { 'a.b/c': 'd' } },
    { annotations: { 'a b': 'd' } },
    {},
    { name: 'a', annotations: {} },
  ].map((serviceAccount) => plus({ serviceAccount })),
  ...[
    { egress: 'Restricted', egressRules: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] },
    { egressRules: [] },
    { metricsFrom: [{}] },
    { metricsFrom: ['a'] },
    { cloudIdentity: 'yes' },
  ].map((network) => plus({ network })),
  plus({ upgrade: { renames: { a: 'b' }, stability: { held: 0 } } }),
  plus({ upgrade: { stability: { held: 101 } } }),
  plus({ upgrade: { mode: 'Cut', strategy: 'BlueGreen' } }),
];

const pods: readonly Spec[] = [
  pod({}),
  pod({ containers: [] }),
  pod({ labels: { 'example.com/team': 'a' } }),
  pod({ labels: { '/team': 'a' } }),
  pod({ labels: { team: 'a b' } }),
  pod({ tolerations: [{ key: 'a' }] }),
  pod({ tolerations: [{ operator: 'Exists' }] }),
  pod({ tolerations: [{ value: 'a' }] }),
  pod({ affinity: { nodeAffinity: { anything: [1, 2] } } }),
  volume({ emptyDir: {} }),
  volume({}),
  volume({ emptyDir: {}, configMap: { name: 'a' } }),
  volume({ emptyDir: { sizeLimit: '1Gi' } }),
  volume({ emptyDir: { sizeLimit: '1' } }),
  volume({ configMap: { name: 'a', items: [{ key: 'a', path: '../a' }] } }),
  volume({ configMap: { name: 'a', items: [{ key: 'a', path: 'b/c', mode: 420 }] } }),
  pod({ volumes: [{ name: 'data', emptyDir: {} }], volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
  pod({ volumes: [{ name: 'data', emptyDir: {} }], volumeMounts: [{ name: 'date', mountPath: '/data' }] }),
  pod({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
  pod({
    volumes: [
      { name: 'data', emptyDir: {} },
      { name: 'data', emptyDir: {} },
    ],
  }),
  sidecar({}),
  sidecar({ image: '' }),
  sidecar({ env: [{ name: 'NODE_OPTIONS', value: 'x' }] }),
  sidecar({
    env: [
      { name: 'A', value: 'x' },
      { name: 'A', value: 'x' },
    ],
  }),
  sidecar({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
  sidecar({ ports: [{ name: 'a', containerPort: 65_536 }] }),
  pod({
    sidecars: [
      { name: 'a', image: 'a' },
      { name: 'a', image: 'a' },
    ],
  }),
];

/** Specs of a StreamJob, good and bad: at least one of each for every rule. */
export const jobSpecs: readonly Spec[] = [
  ...code,
  ...plain,
  ...durations,
  ...sizes,
  ...environment,
  ...stores,
  ...restarts,
  ...cluster,
  ...pods,
];

/** The same of a Savepoint. */
export const savepointSpecs: readonly Spec[] = [
  {},
  { jobRef: { name: 'flights' } },
  { jobRef: { name: 'Flights' } },
  { jobRef: { name: 'a'.repeat(41) } },
  { jobRef: { name: 'flights' }, name: 'a' },
  { jobRef: { name: 'flights' }, path: 'a/b' },
  { jobRef: { name: 'flights' }, path: 's3://a' },
  { jobRef: { name: 'flights' }, name: 'a', path: 'a/b' },
  { jobRef: { name: 'flights' }, disposal: 'Delete' },
  { jobRef: { name: 'flights' }, disposal: 'Never' },
  { job: 'flights' },
];
