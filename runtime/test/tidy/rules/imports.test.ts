import { describe, expect, it } from 'vitest';
import { findingsIn } from '../in-memory.ts';
import { concreteImports, importOrder, operatorBorder, relativeInside } from './imports.ts';

/** One file of `runtime/src` that imports another. */
const importing = (from: string, to: string, kind: string = 'import'): Record<string, string> => {
  const up = '../'.repeat(from.split('/').length - 1) || './';
  return { [`runtime/src/${from}`]: `${kind} {} from '${up}${to}';`, [`runtime/src/${to}`]: '' };
};

describe('the order of the folders', () => {
  it('refuses an import from the left to the right', () => {
    expect(findingsIn(importOrder, importing('batch/batch.ts', 'api/stream.ts'))).toEqual([
      'runtime/src/batch/batch.ts:1: batch imports api, which is not to its left',
    ]);
  });

  it('refuses it for types and exports too', () => {
    expect(findingsIn(importOrder, importing('batch/a.ts', 'task/b.ts', 'import type'))).toHaveLength(1);
    expect(findingsIn(importOrder, importing('batch/a.ts', 'task/b.ts', 'export'))).toHaveLength(1);
  });

  it('lets a folder look left and at itself, folders within it included', () => {
    expect(findingsIn(importOrder, importing('api/stream.ts', 'batch/batch.ts'))).toEqual([]);
    expect(findingsIn(importOrder, importing('transforms/window/panes.ts', 'transforms/process.ts'))).toEqual(
      [],
    );
    expect(findingsIn(importOrder, importing('cli/run.ts', 'contract/errors.ts'))).toEqual([]);
  });

  it('refuses a folder that has no place in it', () => {
    expect(findingsIn(importOrder, importing('helpers/a.ts', 'contract/b.ts'))).toEqual([
      'runtime/src/helpers/a.ts:1: the folder helpers has no place in the order of the folders',
    ]);
  });

  it('lets nobody import the entry file of the package', () => {
    expect(findingsIn(importOrder, importing('task/slot.ts', 'index.ts'))).toHaveLength(1);
  });

  it('lets the entry file of the package see what a job may see and no more', () => {
    expect(findingsIn(importOrder, importing('index.ts', 'api/stream.ts'))).toEqual([]);
    expect(findingsIn(importOrder, importing('index.ts', 'task/slot.ts'))).toHaveLength(1);
  });

  it('lets the program of the command call the command, and no other program', () => {
    expect(findingsIn(importOrder, importing('bin/millrace.ts', 'cli/main.ts'))).toEqual([]);
    expect(findingsIn(importOrder, importing('bin/worker.ts', 'cli/main.ts'))).toHaveLength(1);
  });

  it('lets a folder start a program to its right, which is no import', () => {
    const text = `const entry = new URL(\`../bin/slot-thread.\${extension}\`, import.meta.url);`;
    const files = { 'runtime/src/worker/slot.ts': text, 'runtime/src/bin/slot-thread.ts': '' };
    expect(findingsIn(importOrder, files)).toEqual([]);
  });

  it('does not look at packages and at what is outside of the runtime', () => {
    const text = "import { z } from 'zod'; import { test } from '../../test/support.ts';";
    expect(findingsIn(importOrder, { 'runtime/src/api/a.ts': text, 'runtime/test/support.ts': '' })).toEqual(
      [],
    );
  });
});

describe('the imports of a connector', () => {
  it('may be the API, the batch, sys, telemetry, formats and its own files', () => {
    for (const to of [
      'api/a.ts',
      'batch/a.ts',
      'sys/a.ts',
      'telemetry/a.ts',
      'connectors/formats/csv.ts',
      'connectors/files/b.ts',
    ]) {
      expect(findingsIn(importOrder, importing('connectors/files/source.ts', to))).toEqual([]);
    }
  });

  it('may be the error class, which everything throws', () => {
    expect(findingsIn(importOrder, importing('connectors/files/source.ts', 'contract/errors.ts'))).toEqual(
      [],
    );
    expect(
      findingsIn(importOrder, importing('connectors/files/source.ts', 'contract/stream-job.ts')),
    ).toHaveLength(1);
  });

  it('may not be the engine', () => {
    expect(findingsIn(importOrder, importing('connectors/files/source.ts', 'task/slot.ts'))).toEqual([
      'runtime/src/connectors/files/source.ts:1: connectors imports task/slot.ts but may see only api, batch, sys, telemetry, connectors/formats, contract/errors.ts',
    ]);
  });

  it('may not be another connector, also one whose name starts the same', () => {
    expect(
      findingsIn(importOrder, importing('connectors/files/source.ts', 'connectors/kafka/a.ts')),
    ).toHaveLength(1);
    expect(
      findingsIn(importOrder, importing('connectors/files/source.ts', 'connectors/files-old/a.ts')),
    ).toHaveLength(1);
  });
});

describe('concrete connectors and SQL', () => {
  it('are seen by nobody but those who put a job together', () => {
    expect(findingsIn(concreteImports, importing('task/slot.ts', 'connectors/print/index.ts'))).toEqual([
      'runtime/src/task/slot.ts:1: task imports connectors/print/index.ts, which only bin, cli, testing may see',
    ]);
    expect(findingsIn(concreteImports, importing('coordinator/local.ts', 'sql/parser.ts'))).toEqual([
      'runtime/src/coordinator/local.ts:1: coordinator imports sql/parser.ts, which only artifact, cli may see',
    ]);
    expect(findingsIn(concreteImports, importing('index.ts', 'connectors/print/index.ts'))).toHaveLength(1);
  });

  it('are seen by the command, the programs and the harness', () => {
    for (const from of ['cli/run.ts', 'bin/worker.ts', 'testing/harness.ts']) {
      expect(findingsIn(concreteImports, importing(from, 'connectors/print/index.ts'))).toEqual([]);
    }
    expect(findingsIn(concreteImports, importing('artifact/load.ts', 'sql/parser.ts'))).toEqual([]);
    expect(findingsIn(importOrder, importing('cli/run.ts', 'connectors/print/index.ts'))).toEqual([]);
  });

  it('may see their own files', () => {
    expect(findingsIn(concreteImports, importing('sql/planner.ts', 'sql/parser.ts'))).toEqual([]);
  });
});

describe('the border between operator and runtime', () => {
  it('is not crossed by the runtime, its tests included', () => {
    const files = {
      'runtime/src/cli/dev.ts': "import '../../../operator/src/main.ts';",
      'runtime/test/dev.test.ts': "import '../../operator/src/main.ts';",
      'operator/src/main.ts': '',
    };
    expect(findingsIn(operatorBorder, files)).toEqual([
      'runtime/src/cli/dev.ts:1: the runtime imports operator/src/main.ts',
      'runtime/test/dev.test.ts:1: the runtime imports operator/src/main.ts',
    ]);
  });

  it('is crossed by the operator for the contract and the tools below it only', () => {
    const files = {
      'operator/src/streamjob/observe.ts':
        "import '../../../runtime/src/contract/stream-job.ts';\nimport '../../../runtime/src/task/slot.ts';",
      'runtime/src/contract/stream-job.ts': '',
      'runtime/src/task/slot.ts': '',
    };
    expect(findingsIn(operatorBorder, files)).toEqual([
      'operator/src/streamjob/observe.ts:2: the operator imports runtime/src/task/slot.ts but may see only contract, sys, telemetry',
    ]);
  });
});

describe('the name of the package', () => {
  it('is not imported by its own source', () => {
    expect(
      findingsIn(relativeInside, { 'runtime/src/cli/run.ts': "import 'zod';\nimport 'millrace/testing';" }),
    ).toEqual(['runtime/src/cli/run.ts:2: imports the own package as millrace/testing']);
  });

  it('is what examples and tests import, and others may start the same', () => {
    expect(findingsIn(relativeInside, { 'runtime/examples/a.ts': "import 'millrace';" })).toEqual([]);
    expect(findingsIn(relativeInside, { 'runtime/src/cli/run.ts': "import 'millrace-extras';" })).toEqual([]);
  });
});
