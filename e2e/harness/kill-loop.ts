import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import type { SeededRandom } from '../../runtime/sim/random.ts';
import { checkFinished, checkNothingHidden, checkSoFar } from '../checkers/output.ts';
import type { ScenarioOutcome } from '../scenarios/scenario.ts';
import { timeouts } from '../timeouts.ts';
import type { JobFolder, JobFolderSettings } from './job-folder.ts';
import { lastVisibleAttempt, readHidden, readOutput } from './job-output.ts';
import { type JobRun, startJob } from './job-run.ts';
import { pause, waitUntil } from './wait.ts';

export interface KillLoopSettings {
  readonly folder: JobFolder;
  readonly job: JobFolderSettings;
  readonly environment?: Readonly<Record<string, string>>;
  readonly random: SeededRandom;
  readonly faultsMs: number;
  /** What else is looked at while nothing runs. */
  readonly inspect?: () => Promise<readonly Finding[]>;
  /** What else is done to it, each time before it is killed. */
  readonly disturb?: () => Promise<void>;
  readonly print: (line: string) => void;
}

const shortestMs = 1000;
const longestMs = 6000;

/** How long it took until a later attempt brought output; undefined = it was killed before. */
const watchRecovery = async (
  folder: string,
  run: JobRun,
  before: number,
  killedMs: number,
): Promise<number | undefined> => {
  const isOver = (): boolean => run.end !== undefined || lastVisibleAttempt(folder) > before;
  await waitUntil(isOver, timeouts.firstOutputMs);
  return lastVisibleAttempt(folder) > before ? performance.now() - killedMs : undefined;
};

/** The job is let run to its end at full speed, and has brought what it should. */
const finish = async ({ folder, job, environment, print }: KillLoopSettings): Promise<readonly Finding[]> => {
  folder.configure({ ...job, recordsPerSecond: 1e6 });
  const last = startJob({ folder: folder.path, ...(environment && { environment }) });
  const isOver = await waitUntil(() => last.end !== undefined, timeouts.finishMs);
  if (!isOver) await last.kill();
  if (last.end?.code !== 0) print(last.text().slice(-3000));
  return [
    ...(last.end?.code === 0
      ? []
      : [{ checker: 'end', what: `the job did not finish: ${JSON.stringify(last.end)}` }]),
    ...checkFinished(readOutput(folder.path), job.records),
    ...checkNothingHidden(readHidden(folder.path)),
  ];
};

/**
 * Runs the job of a folder, kills it again and again at random times, looks each time at what it has left, and lets it finish: all of its output must be that of a
 * run without failures.
 */
export const killAgainAndAgain = async (settings: KillLoopSettings): Promise<ScenarioOutcome> => {
  const { folder, job, environment, random, faultsMs, inspect, disturb, print } = settings;
  const untilMs = performance.now() + faultsMs;
  const findings: Finding[] = [];
  const recoveries: Promise<number | undefined>[] = [];
  let faults = 0;
  let killedMs = performance.now();
  while (performance.now() < untilMs && findings.length === 0) {
    const before = lastVisibleAttempt(folder.path);
    const run = startJob({ folder: folder.path, ...(environment && { environment }) });
    if (faults > 0) recoveries.push(watchRecovery(folder.path, run, before, killedMs));
    await Promise.race([pause(random.between(shortestMs, longestMs)), run.ended]);
    await disturb?.();
    if (run.end !== undefined) {
      if (run.end.code === 0) break;
      print(run.text().slice(-3000));
      findings.push({ checker: 'end', what: `the job ended by itself: ${JSON.stringify(run.end)}` });
    }
    killedMs = performance.now();
    await run.kill();
    faults++;
    findings.push(...checkSoFar(readOutput(folder.path), job.records), ...((await inspect?.()) ?? []));
  }
  const recoveriesMs = (await Promise.all(recoveries)).filter((took) => took !== undefined);
  if (findings.length === 0) findings.push(...(await finish(settings)));
  return { findings, faults, recoveriesMs };
};
