import { describe, expect, it } from 'vitest';
import { findingsIn } from '../in-memory.ts';
import { oneCodeGenerator, oneDoorForAPackage, onlySysImportsNode, onlySysTouchesTheWorld } from './doors.ts';

const task = 'runtime/src/task/slot.ts';

describe('the door to clock, random and timers', () => {
  it.each([
    ['Date.now()', 'uses Date.now: use system.clock'],
    ['new Date()', 'reads the clock by Date: use system.clock'],
    ['Date()', 'reads the clock by Date: use system.clock'],
    ['performance.now()', 'uses performance: use system.clock'],
    ['Math.random()', 'uses Math.random: use system.random'],
    ['setTimeout(run, 5)', 'uses setTimeout: use system.timers'],
    ['later(setImmediate)', 'uses setImmediate: use system.timers'],
    ['crypto.randomUUID()', 'uses crypto: use system.random'],
    ['fetch(url)', 'uses fetch: use sys'],
    ['globalThis.Date', 'uses globalThis: use a parameter'],
    ['process.env.HOME', 'uses process: use a parameter'],
    ['console.log(1)', 'uses console: use the logger or a text output'],
  ])('is gone around by %s', (text, message) => {
    expect(findingsIn(onlySysTouchesTheWorld, { [task]: `const a = 1;\n${text};` })).toEqual([
      `${task}:2: ${message}`,
    ]);
  });

  it('is what sys is for', () => {
    expect(findingsIn(onlySysTouchesTheWorld, { 'runtime/src/sys/node-system.ts': 'Date.now();' })).toEqual(
      [],
    );
  });

  it('is not gone around by dates of known times, by types, by comments or by words', () => {
    const text = `
      // Date.now() and setTimeout are banned
      export const a = (at: number, timer: typeof setTimeout): Date => new Date(at);
      const names = ['Math.random', 'performance'];
      const max = Math.max(Date.UTC(2001, 0), names.length);`;
    expect(findingsIn(onlySysTouchesTheWorld, { [task]: text })).toEqual([]);
  });

  it('is not gone around by an own function or method that is called the same', () => {
    const text =
      'const run = (process: (a: number) => void, timers: Timers) => { process(1); timers.setTimeout(2); };';
    expect(findingsIn(onlySysTouchesTheWorld, { [task]: text })).toEqual([]);
  });

  it('lets programs read the process around them, and nothing else of the world', () => {
    expect(
      findingsIn(onlySysTouchesTheWorld, { 'runtime/src/cli/main.ts': 'process.exitCode = 1;' }),
    ).toEqual([]);
    expect(findingsIn(onlySysTouchesTheWorld, { 'runtime/src/cli/main.ts': 'Date.now();' })).toHaveLength(1);
  });

  it('is no matter of tests, benchmarks and examples', () => {
    expect(findingsIn(onlySysTouchesTheWorld, { 'runtime/bench/run.ts': 'performance.now();' })).toEqual([]);
  });
});

describe('the door to the modules of Node', () => {
  it('is gone around by disk, network, threads and the like, also for types', () => {
    const text =
      "import { readFileSync } from 'node:fs';\nimport type { Worker } from 'node:worker_threads';";
    expect(findingsIn(onlySysImportsNode, { [task]: text })).toEqual([
      `${task}:1: imports node:fs: take a System instead`,
      `${task}:2: imports node:worker_threads: take a System instead`,
    ]);
  });

  it('is gone around by dynamic imports', () => {
    expect(findingsIn(onlySysImportsNode, { [task]: "const a = () => import('node:zlib');" })).toHaveLength(
      1,
    );
  });

  it('stands open for modules that only compute', () => {
    const text = "import { join } from 'node:path'; import { inspect } from 'node:util';";
    expect(findingsIn(onlySysImportsNode, { [task]: text })).toEqual([]);
  });

  it('is what sys is for', () => {
    expect(findingsIn(onlySysImportsNode, { 'runtime/src/sys/node-files.ts': "import 'node:fs';" })).toEqual(
      [],
    );
  });
});

describe('the loader of modules', () => {
  it('is touched by the folder that loads user code, and by no other', () => {
    const text = "import { registerHooks } from 'node:module';";
    expect(findingsIn(onlySysImportsNode, { 'runtime/src/artifact/resolve.ts': text })).toEqual([]);
    expect(findingsIn(onlySysImportsNode, { [task]: text })).toHaveLength(1);
  });
});

describe('a client package', () => {
  it('is imported behind its one door only', () => {
    const text = "import { Client } from 'minio';\nimport { CoreV1Api } from '@kubernetes/client-node';";
    expect(findingsIn(oneDoorForAPackage, { [task]: text })).toEqual([
      `${task}:1: imports minio, which only runtime/src/checkpoint/stores/s3-client.ts may`,
      `${task}:2: imports @kubernetes/client-node, which only operator/src/kube/ may`,
    ]);
  });

  it('is imported by its door, also one of its inner files', () => {
    expect(
      findingsIn(oneDoorForAPackage, { 'operator/src/kube/watch.ts': "import '@kubernetes/client-node/x';" }),
    ).toEqual([]);
    expect(
      findingsIn(oneDoorForAPackage, { 'runtime/src/telemetry/logger.ts': "import 'winston';" }),
    ).toEqual([]);
  });

  it('is not mistaken for a package that starts the same', () => {
    expect(findingsIn(oneDoorForAPackage, { [task]: "import 'minio-extras';" })).toEqual([]);
  });
});

describe('code that is made out of text', () => {
  it.each(['new Function("a", text)', 'Function(text)', 'eval(text)', 'const make = Function'])(
    'is refused outside of the generator: %s',
    (text) => {
      expect(findingsIn(oneCodeGenerator, { [task]: `${text};` })).toHaveLength(1);
    },
  );

  it('is refused as a module of text or of the virtual machine', () => {
    expect(
      findingsIn(oneCodeGenerator, { [task]: "import 'node:vm'; import('data:text/javascript,1');" }),
    ).toHaveLength(2);
  });

  it('may have a context of its own only where a constant runs in it', () => {
    const vm = "import { runInNewContext } from 'node:vm';";
    expect(findingsIn(oneCodeGenerator, { 'runtime/src/sys/node-memory.ts': vm })).toEqual([]);
    expect(findingsIn(oneCodeGenerator, { 'runtime/src/sys/node-files.ts': vm })).toHaveLength(1);
  });

  it('is made in the generator', () => {
    expect(findingsIn(oneCodeGenerator, { 'runtime/src/batch/generate.ts': 'new Function(text);' })).toEqual(
      [],
    );
  });

  it('is not the type of a function', () => {
    const text = "const isFunction = (a: unknown): a is Function => typeof a === 'function';";
    expect(findingsIn(oneCodeGenerator, { [task]: text })).toEqual([]);
  });
});
