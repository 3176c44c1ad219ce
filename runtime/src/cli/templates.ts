/** The files of a new project, by path, as pure functions of its name. */
type Files = Readonly<Record<string, string>>;

const settingsFiles = (name: string, version: string): Files => ({
  'package.json': `${JSON.stringify(
    {
      name,
      private: true,
      type: 'module',
      scripts: { start: 'millrace run job.yaml', test: 'node --test' },
      dependencies: { millrace: `^${version}` },
      devDependencies: { '@types/node': '^24', typescript: '^7' },
    },
    undefined,
    2,
  )}\n`,
  'tsconfig.json': `${JSON.stringify(
    {
      compilerOptions: {
        target: 'ES2024',
        module: 'NodeNext',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        erasableSyntaxOnly: true,
        allowImportingTsExtensions: true,
      },
      include: ['*.ts'],
    },
    undefined,
    2,
  )}\n`,
});

const codeFiles: Files = {
  'job.ts': `import { boundedOutOfOrderness, count, type DataStream, sum, type StreamEnvironment, tumbling } from 'millrace';
import { files } from 'millrace/connectors/files';
import { print } from 'millrace/connectors/print';

export interface Order {
  readonly shop: string;
  readonly price: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Orders and turnover of each shop, minute by minute. Apart from the source, so that the test can give its own. */
export const turnover = (orders: DataStream<Order>) =>
  orders
    .keyBy('shop')
    .window(tumbling('1m'))
    .aggregate({ orders: count(), turnover: sum('price') })
    .name('turnover');

export default (env: StreamEnvironment, args: Readonly<Record<string, string>>): void => {
  const time = boundedOutOfOrderness<Order>('5s').withTimestamps('time');
  const orders = env.fromSource(files<Order>({ path: args['file'] ?? 'orders.ndjson', format: 'ndjson' }), time);
  turnover(orders).sinkTo(print());
};
`,
  'job.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monotonousTimestamps } from 'millrace';
import { collection } from 'millrace/connectors/collection';
import { executeAndCollect } from 'millrace/testing';
import { type Order, turnover } from './job.ts';

test('orders of one minute are added up by shop', async () => {
  const orders: Order[] = [
    { shop: 'north', price: 10, time: 1_000 },
    { shop: 'north', price: 5, time: 59_000 },
    { shop: 'north', price: 7, time: 61_000 },
  ];
  const time = monotonousTimestamps<Order>().withTimestamps('time');
  const results = await executeAndCollect((env) => turnover(env.fromSource(collection(orders), time)));
  assert.deepEqual(
    results.map((result) => [result.windowStart, result.orders, result.turnover]),
    [
      [0, 2, 15],
      [60_000, 1, 7],
    ],
  );
});
`,
};

const otherFiles = (name: string): Files => ({
  'job.yaml': `apiVersion: millrace.dev/v1alpha1
kind: StreamJob
metadata:
  name: ${name}
spec:
  job:
    entry: job.ts
  parallelism: 1
  args:
    file: orders.ndjson
`,
  'orders.ndjson': `{"shop":"north","price":12.5,"time":1700000001000}
{"shop":"south","price":3,"time":1700000004000}
{"shop":"north","price":8,"time":1700000002500}
{"shop":"north","price":20,"time":1700000065000}
`,
  'README.md': `# ${name}

A Millrace job.

\`\`\`sh
npm install
npm start   # runs job.yaml on this machine
npm test
\`\`\`
`,
  '.gitignore': 'node_modules/\n.millrace/\n',
});

/** The files of a new project. `name` is a valid npm and Kubernetes name. */
export const projectFiles = (name: string, version: string): Files => ({
  ...settingsFiles(name, version),
  ...codeFiles,
  ...otherFiles(name),
});
