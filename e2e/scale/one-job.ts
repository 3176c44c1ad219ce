import { fileURLToPath } from 'node:url';
import { pause } from '../harness/wait.ts';
import { startControlPlane } from './control-plane.ts';
import type { Measure } from './measure.ts';
import { startOperator } from './operator-process.ts';
import { runJobs } from './running-jobs.ts';
import { StubCoordinators } from './stub-coordinators.ts';

const starts = 5;
const restMs = 10_000;

/** Gives a process half of a core: it stands still for 50 of each 100 ms. Works where cgroups may not be made. */
const halfACore = fileURLToPath(new URL('./half-a-core.ts', import.meta.url));

/** One job: how soon the operator is ready, on a whole core and on half of one, and what it takes. */
export const oneJob: Measure = async ({ jobs, nodeFlags, program }) => {
  const plane = await startControlPlane(['jobs']);
  const stubs = new StubCoordinators(plane.operatorAuthority);
  try {
    await runJobs(plane, stubs, 'jobs', jobs);
    const whole = [];
    const half = [];
    for (let number = 0; number < starts; number++) {
      const operator = await startOperator(plane, { namespaces: ['jobs'], nodeFlags, program });
      await pause(restMs);
      whole.push({ readyMs: operator.readyMs, cpuMs: operator.cpuMs(), ...operator.resident() });
      await operator.end();
      const before = [process.execPath, halfACore];
      const limited = await startOperator(plane, { namespaces: ['jobs'], before, nodeFlags, program });
      half.push({ readyMs: limited.readyMs });
      await limited.end();
    }
    return { whole, half };
  } finally {
    stubs.close();
    await plane.close();
  }
};
