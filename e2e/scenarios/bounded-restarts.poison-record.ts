import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import { checkFinished, checkNothingHidden, checkSoFar } from '../checkers/output.ts';
import { createJobFolder, type JobFolderSettings } from '../harness/job-folder.ts';
import { readHidden, readOutput } from '../harness/job-output.ts';
import { startJob } from '../harness/job-run.ts';
import { waitUntil } from '../harness/wait.ts';
import { timeouts } from '../timeouts.ts';
import { expectedOutput } from '../workload/records.ts';
import type { Scenario, ScenarioSettings } from './scenario.ts';

const records = 8000;
const recordsPerSecond = 4000;
const attempts = 2;

const restart = { strategy: 'FixedDelay', fixedDelay: { attempts, delay: '200ms' } } as const;

/** What makes every attempt fail, and what the job says of it. */
interface Trouble {
  readonly name: string;
  readonly job: JobFolderSettings;
  readonly says: RegExp;
}

const job = { records, recordsPerSecond, spec: { restart } };

const troubles: readonly Trouble[] = [
  {
    name: 'a poison record under the policy Fail',
    job: { ...job, spec: { restart, deadLetter: { policy: 'Fail' } } },
    says: /is poison/,
  },
  { name: 'a heap over its limit', job: { ...job, args: { hoardFrom: '4000' } }, says: /heap|memory/i },
];

const isRestart = /Attempt \d+ failed, next in/g;

/** The job gives up after as many restarts as the policy says, and goes on from there once the trouble is over. */
const springOnce = async (trouble: Trouble, { print }: ScenarioSettings): Promise<readonly Finding[]> => {
  const folder = createJobFolder(trouble.job);
  const golden = expectedOutput(records);
  const findings: Finding[] = [];
  const find = (checker: string, what: string): void =>
    void findings.push({ checker, what: `${trouble.name}: ${what}` });
  const failing = startJob({ folder: folder.path });
  if (!(await waitUntil(() => failing.end !== undefined, timeouts.finishMs))) find('restarts', 'it goes on');
  await failing.kill();
  const restarts = failing.text().match(isRestart)?.length ?? 0;
  if (failing.end?.code !== 1) find('end', `it ended as ${JSON.stringify(failing.end)}`);
  if (restarts > attempts) find('restarts', `${restarts} restarts, ${attempts} are allowed`);
  if (!trouble.says.test(failing.text())) find('message', 'the job did not say what was wrong');
  findings.push(...checkSoFar(readOutput(folder.path), golden));
  folder.configure({ ...job, spec: { restart, deadLetter: { policy: 'DeadLetter', path: 'letters' } } });
  const healed = startJob({ folder: folder.path });
  await waitUntil(() => healed.end !== undefined, timeouts.finishMs);
  await healed.kill();
  findings.push(
    ...checkFinished(readOutput(folder.path), golden),
    ...checkNothingHidden(readHidden(folder.path)),
  );
  if (findings.length > 0) print(`${failing.text().slice(-3000)}\n${healed.text().slice(-3000)}`);
  folder.remove();
  return findings;
};

/** What fails again whenever it is tried ends the job after the restarts of its policy, and costs nothing once it is put right. */
export const poisonRecord: Scenario = {
  name: 'bounded-restarts.poison-record',
  run: async (settings) => {
    const findings: Finding[] = [];
    for (const trouble of troubles) findings.push(...(await springOnce(trouble, settings)));
    return { findings, faults: troubles.length, recoveriesMs: [] };
  },
};
