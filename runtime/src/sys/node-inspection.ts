import { mkdtempSync, rmSync } from 'node:fs';
import type { Session } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';
import type { OpenFile } from './files.ts';
import type { Inspection, RunningProfile } from './inspection.ts';
import { nodeFiles } from './node-files.ts';

/** The methods of the engine's profiler that are used here. */
type Method = 'Profiler.enable' | 'Profiler.start' | 'Profiler.stop';

const post = (session: Session, method: Method): Promise<{ readonly profile?: unknown }> =>
  new Promise((resolve, reject) => {
    session.post(method, (error: Error | null, answer?: object) =>
      error === null ? resolve(answer ?? {}) : reject(error),
    );
  });

const startCpuProfile = async (): Promise<RunningProfile> => {
  // Few threads are ever profiled, and the module takes its time to load.
  const inspector = process.getBuiltinModule('node:inspector');
  const session = new inspector.Session();
  session.connect();
  try {
    await post(session, 'Profiler.enable');
    await post(session, 'Profiler.start');
  } catch (error) {
    session.disconnect();
    throw error;
  }
  return {
    stop: async () => {
      try {
        return JSON.stringify((await post(session, 'Profiler.stop')).profile);
      } finally {
        session.disconnect();
      }
    },
    abandon: () => session.disconnect(),
  };
};

const heapSnapshot = (): OpenFile => {
  // A folder that nobody else may look into: what is on the heap is the job's.
  const directory = mkdtempSync(join(tmpdir(), 'millrace-'));
  try {
    return nodeFiles.open(writeHeapSnapshot(join(directory, 'heap')), 'read');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** The engine that runs this thread. */
export const nodeInspection: Inspection = { startCpuProfile, heapSnapshot };
