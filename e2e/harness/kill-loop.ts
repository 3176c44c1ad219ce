import type { Finding } from '../../runtime/sim/checkers/finding.ts';
import type { SeededRandom } from '../../runtime/sim/random.ts';
import { checkFinished, checkNothingHidden, checkSoFar } from '../checkers/output.ts';
import type { ScenarioOutcome } from '../scenarios/scenario.ts';
import { timeouts } from '../timeouts.ts';
import { expectedOutput } from '../workload/records.ts';
import type { JobFolder, JobFolderSettings } from './job-folder.ts';
import { lastVisibleAttempt, readHidden, readOutput } from './job-output.ts';
import { type JobRun, startJob } from './job-run.ts';
import { pause, waitUntil } from './wait.ts';

export interface KillLoopSettings {
  readonly folder: JobFolder;
  readonly job: JobFolderSettings;
  /** Of the command, asked each time that it is started. */
  readonly args?: () => readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly random: SeededRandom;
  readonly faultsMs: number;
  /** What else is looked at while nothing runs. */
  readonly inspect?: () => Promise<readonly Finding[]>;
  readonly print: (line: string) => void;
}

export const shortestMs = 1000;
export const longestMs = 6000;

/** How long it took from the start of a run until its output was there; undefined = it was killed before. */
export const watchRecovery = async (
  folder: string,
  run: JobRun,
  before: number,
): Promise<number | undefined> => {
  const startedMs = performance.now();
  const isOver = (): boolean => run.end !== undefined || lastVisibleAttempt(folder) > before;
  await waitUntil(isOver, timeouts.firstOutputMs);
  return lastVisibleAttempt(folder) > before ? performance.now() - startedMs : undefined;
};

/** Lets a job run to its end, by itself; says what it has not brought as it should. */
export const letRun = async (settings: KillLoopSettings): Promise<readonly Finding[]> => {
  const { folder, args, environment = {}, faultsMs } = settings;
  const run = startJob({ folder: folder.path, args: args?.() ?? [], environment });
  return await checkEnd(settings, run, faultsMs + timeouts.finishMs);
};

/** Waits for the end of a job, and says what it has not brought as it should. */
export const checkEnd = async (
  { folder, job, print }: Pick<KillLoopSettings, 'folder' | 'job' | 'print'>,
  run: JobRun,
  limitMs: number,
): Promise<readonly Finding[]> => {
  const isOver = await waitUntil(() => run.end !== undefined, limitMs);
  if (!isOver) await run.kill();
  if (run.end?.code !== 0) print(run.text().slice(-3000));
  return [
    ...(run.end?.code === 0
      ? []
      : [{ checker: 'end', what: `the job did not finish: ${JSON.stringify(run.end)}` }]),
    ...checkFinished(readOutput(folder.path), expectedOutput(job.records)),
    ...checkNothingHidden(readHidden(folder.path)),
  ];
};

/**
 * Runs the job of a folder, kills it again and again at random times, looks each time at what it has left, and lets it finish: all of its output must be that of a
 * run without failures.
 */
export const killAgainAndAgain = async (settings: KillLoopSettings): Promise<ScenarioOutcome> => {
  const { folder, job, args, environment = {}, random, faultsMs, inspect, print } = settings;
  const golden = expectedOutput(job.records);
  const untilMs = performance.now() + faultsMs;
  const findings: Finding[] = [];
  const recoveries: Promise<number | undefined>[] = [];
  let faults = 0;
  while (performance.now() < untilMs && findings.length === 0) {
    const before = lastVisibleAttempt(folder.path);
    const run = startJob({ folder: folder.path, args: args?.() ?? [], environment });
    if (faults > 0) recoveries.push(watchRecovery(folder.path, run, before));
    await Promise.race([pause(random.between(shortestMs, longestMs)), run.ended]);
    if (run.end !== undefined) {
      if (run.end.code === 0) break;
      print(run.text().slice(-3000));
      findings.push({ checker: 'end', what: `the job ended by itself: ${JSON.stringify(run.end)}` });
    }
    await run.kill();
    faults++;
    findings.push(...checkSoFar(readOutput(folder.path), golden), ...((await inspect?.()) ?? []));
  }
  const recoveriesMs = (await Promise.all(recoveries)).filter((took) => took !== undefined);
  if (findings.length === 0) {
    // At full speed: nobody waits for what is left.
    folder.configure({ ...job, recordsPerSecond: 1e6 });
    findings.push(...(await letRun({ ...settings, faultsMs: 0 })));
  }
  return { findings, faults, recoveriesMs };
};
