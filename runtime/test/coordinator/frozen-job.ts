import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Artifact, freezeJob } from '../../src/artifact/freeze.ts';
import { buildGraph } from '../../src/artifact/load.ts';
import { blackhole } from '../../src/connectors/blackhole/index.ts';
import type { PlanSettings } from '../../src/graph/plan.ts';
import type { Source } from '../../src/index.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import { createLogger, type Logger } from '../../src/telemetry/logger.ts';

/** A job written to a folder of its own, which is gone after the test. Frozen, so that threads can load it. */
export const frozenJob = async (text: string): Promise<Artifact & { readonly folder: string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-job-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'job.ts'), text);
  return { ...(await freezeJob(createNodeSystem(), join(folder, 'job.ts'), folder)), folder };
};

/** A job whose source's enumerator is this text, and whose reader reads each split as a record. */
export const jobWithEnumerator = (enumerator: string): string => `
  import { createSplitReader } from 'millrace';
  import { blackhole } from 'millrace/connectors/blackhole';
  const source = {
    kind: 'own',
    boundedness: 'bounded',
    createEnumerator: (context, restored) => ({
      start: () => {},
      requestSplit: (subtask) => context.noMoreSplits(subtask),
      addSplitsBack: () => {},
      snapshot: () => null,
      close: () => {},
      ...${enumerator},
    }),
    createReader: (context) => createSplitReader({
      order: 'sequence',
      requestSplit: () => context.requestSplit(),
      start: (split) => {
        const output = context.split(JSON.stringify(split));
        let read = false;
        return {
          poll: () => {
            if (read) return 'end';
            output.emit(split);
            read = true;
            return 'more';
          },
          snapshot: () => split,
          close: () => output.release(),
        };
      },
    }),
  };
  export default (env) => void env.fromSource(source).name('own').sinkTo(blackhole()).name('sink');
`;

/** The hash of `jobWithEnumerator`, whose shape is always the same: only threads of Millrace can load a frozen job. */
export const hashOfJob = (plan: PlanSettings): string => {
  const never = (): never => {
    throw new Error('This source is never read.');
  };
  const source: Source<unknown> = {
    kind: 'own',
    boundedness: 'bounded',
    createEnumerator: never,
    createReader: never,
  };
  return buildGraph(
    (env) => void env.fromSource(source).name('own').sinkTo(blackhole()).name('sink'),
    {},
    plan,
  ).hash;
};

/** A logger that keeps its lines: level and sentence. */
export const keptLog = (): { readonly logger: Logger; readonly lines: string[] } => {
  const lines: string[] = [];
  const logger = createLogger({
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    level: 'debug',
    json: true,
    write: (line) => {
      const { level, message } = JSON.parse(line) as { readonly level: string; readonly message: string };
      lines.push(`${level}: ${message}`);
    },
  });
  return { logger, lines };
};
