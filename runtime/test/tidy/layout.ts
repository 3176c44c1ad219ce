/** What the rules know about this repository. A change here is a change of the architecture: say why in the commit. */

/** The folders of `runtime/src`: each imports only itself and the folders before it. */
export const folderOrder: readonly string[] = [
  'contract',
  'sys',
  'telemetry',
  'batch',
  'api',
  'graph',
  'state',
  'exchange',
  'checkpoint',
  'transforms',
  'sql',
  'artifact',
  'task',
  'worker',
  'coordinator',
  'offline',
  'maintenance',
  'delivery',
  'testing',
  'bin',
  'cli',
];

/** Folders whose imports are not what their place in the order says. Each entry is a folder or a file of `runtime/src`. */
export const importsOf: Readonly<Record<string, readonly string[]>> = {
  connectors: ['api', 'batch', 'sys', 'telemetry', 'connectors/formats', 'contract/errors.ts'],
  'index.ts': ['contract', 'sys', 'telemetry', 'batch', 'api'],
};

/** Folders that only these may import, themselves excepted. */
export const importersOf: Readonly<Record<string, readonly string[]>> = {
  sql: ['artifact', 'cli'],
  connectors: ['bin', 'cli', 'testing'],
};

/** Imports against the order that are right all the same. */
export const importExceptions: readonly {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}[] = [
  {
    from: 'bin/millrace.ts',
    to: 'cli',
    why: 'the program named millrace is nothing but a call of the command',
  },
  {
    from: 'bin/coordinator.ts',
    to: 'cli',
    why: 'a coordinator is the command run, told by variables instead of words',
  },
];

/** The folders of `runtime/src` that `operator` may import. */
export const operatorImports: readonly string[] = ['contract', 'sys', 'telemetry'];

/** Modules of Node that do nothing but compute, and so may be imported anywhere. */
export const pureModules: readonly string[] = [
  'node:assert',
  'node:buffer',
  'node:events',
  'node:path',
  'node:string_decoder',
  'node:url',
  'node:util',
];

/** Modules of Node that some folders besides `sys` may import. */
export const moduleDoors: Readonly<Record<string, readonly string[]>> = {
  // How an import finds its file is a property of the thread that loads user code, and no fault to inject.
  'node:module': ['runtime/src/artifact/'],
  // Where a machine keeps temporary files, and how many processors it has, is asked by the command alone.
  'node:os': ['runtime/src/bin/', 'runtime/src/cli/'],
};

/** Packages that speak to the outside, or that one place wraps for everyone: only files that start with one of these import them. */
export const packageDoors: Readonly<Record<string, readonly string[]>> = {
  '@kubernetes/client-node': ['operator/src/kube/'],
  'classic-level': ['runtime/src/sys/node-scratch.ts'],
  commander: ['runtime/src/cli/', 'operator/src/cli/'],
  // Freezing a job, and making an image.
  esbuild: ['runtime/src/artifact/', 'runtime/image/'],
  // The control API of the runtime, and the connectors that speak HTTP to users' programs.
  express: [
    'runtime/src/coordinator/control/',
    'runtime/src/connectors/http/application.ts',
    'runtime/src/connectors/sse/index.ts',
    // The API server in memory, and the operator's own probes and metrics.
    'operator/src/dev/',
    'operator/src/probes/',
  ],
  minio: ['runtime/src/checkpoint/stores/s3-client.ts'],
  'prom-client': ['runtime/src/telemetry/prometheus.ts'],
  'tar-stream': ['runtime/src/delivery/unpack.ts'],
  winston: ['runtime/src/telemetry/logger.ts'],
};

/** Globals that reach the outside, and what to use in their place. */
export const outsideGlobals: Readonly<Record<string, string>> = {
  'AbortSignal.timeout': 'system.timers',
  'Atomics.wait': 'Atomics.waitAsync through sys',
  BroadcastChannel: 'sys',
  CompressionStream: 'sys',
  'Date.now': 'system.clock',
  DecompressionStream: 'sys',
  EventSource: 'sys',
  'Math.random': 'system.random',
  MessageChannel: 'sys',
  WebSocket: 'sys',
  Worker: 'sys',
  console: 'the logger or a text output',
  crypto: 'system.random',
  fetch: 'sys',
  globalThis: 'a parameter',
  performance: 'system.clock',
  process: 'a parameter',
  setImmediate: 'system.timers',
  setInterval: 'system.timers',
  setTimeout: 'system.timers',
};

/** What a person, Node or a user's test starts reads the process around it; all else gets it as a parameter. */
export const programFolders: readonly string[] = [
  'runtime/src/bin',
  'runtime/src/cli',
  'runtime/src/testing/execute.ts',
  // A program of a user opens savepoints by paths that start where it was started.
  'runtime/src/offline/index.ts',
  'operator/src/main.ts',
  'operator/src/cli/main.ts',
  'operator/src/cli/kubectl-millrace.ts',
];

/** Module-level values that change and may: caches keyed by pure input. */
export const allowedState: readonly { readonly path: string; readonly name: string; readonly why: string }[] =
  [
    {
      path: 'runtime/src/batch/materialize.ts',
      name: 'makersByNames',
      why: 'a cache of pure functions by the field names that they are made from, bounded in size',
    },
    {
      path: 'runtime/src/batch/generate.ts',
      name: 'generated',
      why: 'a number in a comment of generated code, so that V8 keeps apart what it learns about each loop',
    },
  ];

/** The only file that makes code out of text. */
export const codeGenerator = 'runtime/src/batch/generate.ts';

/** Files that may make contexts of their own (`node:vm`), to run nothing but a constant of theirs in them. */
export const contextMakers: readonly { readonly path: string; readonly why: string }[] = [
  {
    path: 'runtime/src/sys/node-memory.ts',
    why: 'V8 shows its collector only to contexts that are made after --expose-gc was set',
  },
];

/** Everything that may stand at the top of the repository, dot files excepted. */
export const topLevel: readonly string[] = [
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'charts',
  'crds',
  'e2e',
  'operator',
  'package-lock.json',
  'package.json',
  'runtime',
  'skaffold.yaml',
  'tsconfig.json',
];

/** Folders of `runtime/test` that do not mirror one of `runtime/src`. */
export const testFolders: readonly string[] = [
  'bench',
  'e2e',
  'examples',
  'issues',
  'laws',
  'nexmark',
  'sim',
  'support',
  'tidy',
];

/** Folders that several processes of the simulator share a thread in, so that a module's variable would be shared too. */
export const sharedFolders: readonly string[] = ['runtime/src', 'runtime/sim', 'operator/src'];

/** Words that are written out in the names of this project. */
export const abbreviations: Readonly<Record<string, string>> = {
  arr: 'array',
  buf: 'buffer',
  cb: 'callback',
  cfg: 'configuration',
  conf: 'configuration',
  ctx: 'context',
  evt: 'event',
  idx: 'index',
  mgr: 'manager',
  opts: 'options',
  tmp: 'temporary',
};

/** Lines a file and lines a function at most. */
export const longestFileLines = 400;
export const longestFunctionLines = 70;

/** Lines of an example: less than this. */
export const exampleLines = 60;

/**
 * Folders that are built before the programs that use them: nothing needs to reach them yet. An entry goes when its folder is
 * wired in, and none outlives the issue that it is for.
 */
export const underConstruction: readonly { readonly path: string; readonly why: string }[] = [];
