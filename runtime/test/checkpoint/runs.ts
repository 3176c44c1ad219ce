import { readLog } from '../../src/checkpoint/log.ts';
import { type Standing, standingOf } from '../../src/checkpoint/standing.ts';
import { MillraceError } from '../../src/contract/errors.ts';
import { type Parts, World } from './coordinators.ts';
import { checksum, jobUid } from './entries.ts';
import { type Choose, type Fate, noAnswer, Process, seededChoose } from './interleaving.ts';

/** Which of the processes that wait goes on, and what becomes of its call. */
export type Schedule = (step: number, waiting: readonly Process[]) => { process: Process; fate: Fate };

const mostSteps = 2000;

/** A wish that cannot be is an answer; all else that a process fails with is wrong. */
const isWrong = (error: unknown): boolean =>
  error !== undefined &&
  !(MillraceError.is(error) && (error.code === 'job-invalid' || error.message === noAnswer));

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Lets processes go on until none waits; `replace` gives another for one that is gone. */
const runAll = async (
  world: World,
  running: Process[],
  schedule: Schedule,
  replace: (gone: Process) => Promise<Process | undefined>,
): Promise<void> => {
  for (let step = 0; step < mostSteps; step++) {
    const waiting = running.filter(({ isGone, calls }) => !isGone && calls.length > 0);
    if (waiting.length === 0) return;
    const { process, fate } = schedule(step, waiting);
    await process.step(fate);
    if (!process.isGone) continue;
    if (isWrong(process.failure)) world.wrong.push(`${process.name} failed: ${textOf(process.failure)}`);
    const other = await replace(process);
    if (other !== undefined) running.push(other);
  }
  world.wrong.push('no end');
};

const started = async (name: string, program: (process: Process) => Promise<void>): Promise<Process> => {
  const process = new Process(name);
  await process.start(program);
  return process;
};

const standing = async (world: World): Promise<Standing> => {
  const reading = { store: world.memory, jobUid, checksum };
  return standingOf(jobUid, await readLog(reading), 'memory');
};

/** One coordinator alone, to the end: what was begun must come to a good end now. */
const finish = async (world: World, name: string): Promise<void> => {
  const { switchOver, owner } = await standing(world);
  const deployment = switchOver?.to ?? (owner === '' ? 'green' : owner);
  const last = await started(name, (process) => world.coordinate(process, deployment, 3, true));
  const alone: Schedule = (_step, [process]) => ({
    process: process as Process,
    fate: 'done',
  });
  await runAll(world, [last], alone, async () => undefined);
};

/** Two coordinators with two checkpoints each, and a third for one that dies. Says what is wrong. */
export const runPair = async (parts: Parts, schedule: Schedule): Promise<readonly string[]> => {
  const world = new World(parts, () => 0);
  const coordinator = (name: string): Promise<Process> =>
    started(name, (process) => world.coordinate(process, 'green', 2, true));
  const running = [await coordinator('one'), await coordinator('two')];
  let lives = 1;
  await runAll(world, running, schedule, async ({ hasDied }) =>
    hasDied && lives-- > 0 ? coordinator('three') : undefined,
  );
  await finish(world, 'last');
  return world.check(await standing(world));
};

const fates: readonly Fate[] = ['dies before', 'dies after', 'no answer'];
const fateOf = (choose: Choose): Fate => fates[choose(30)] ?? 'done';

/** Coordinators of two deployments and two collectors of garbage, stopped, killed and replaced by chance. Says what is wrong. */
export const runSwarm = async (parts: Parts, seed: number): Promise<readonly string[]> => {
  const choose = seededChoose(seed);
  const world = new World(parts, choose);
  let born = 0;
  const coordinator = (): Promise<Process> => {
    const deployment = choose(3) === 0 ? 'blue' : 'green';
    return started(`${deployment}-${++born}`, (process) => world.coordinate(process, deployment, 4, false));
  };
  const collector = (): Promise<Process> => started(`gc-${++born}`, (process) => world.collect(process));
  const running = [await coordinator(), await coordinator(), await collector(), await collector()];
  // Some stand still for long: the favourite goes on nine times of ten.
  let favourite = 0;
  const schedule: Schedule = (_step, waiting) => {
    if (choose(10) === 0) favourite = choose(1000);
    return {
      process: waiting[favourite % waiting.length] as Process,
      fate: fateOf(choose),
    };
  };
  const replace = async ({ name }: Process): Promise<Process | undefined> => {
    if (born > 12) return undefined;
    return name.startsWith('gc') ? collector() : coordinator();
  };
  try {
    await runAll(world, running, schedule, replace);
    await finish(world, 'last');
    return world.check(await standing(world));
  } catch (error) {
    return [...world.wrong, `the log cannot be read: ${textOf(error)}`];
  }
};
