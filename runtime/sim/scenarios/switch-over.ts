import type { Finding } from '../checkers/finding.ts';
import { checkOutput, checkSingleWriter } from '../checkers/output.ts';
import type { Scenario } from '../scenario.ts';
import { keepRunning } from '../supervisor.ts';
import type { PublishedRow } from '../workload/outlet.ts';
import {
  abort,
  append,
  type Coordinator,
  claim,
  commit,
  type LogSeams,
  latestNumber,
  logSeams,
  rowOf,
  runCoordinator,
  takeCheckpoint,
  uid,
} from './log-coordinator.ts';

/** The old code counts up to here, is asked to hand over, and the job ends behind the last number. */
const handOverAt = 12;
const lastNumber = 72;
/** So many checkpoints the new code holds its output back. */
const held = 3;

const ends = ['rolledBack', 'givenBack', 'released'] as const;

/** What the user has asked for, and whether it is still to be done: kept by an operator, who never fails here. */
interface Request {
  /** `givenBack`: the new code itself says that the old one goes on; `rolledBack`: the old one takes the job. */
  readonly end: (typeof ends)[number];
  isOpen: boolean;
}

/** Checkpoints that the new code has published since the cut. */
const heldOf = ({ writer }: Coordinator): number => {
  const { line, switchOver } = writer.standing;
  return line.filter(({ number }) => number > (switchOver?.cut.number ?? Infinity)).length;
};

/** Moves a switch-over on as far as it is due. False = nothing is to be done until it is rolled back. */
const moveOn = async (coordinator: Coordinator, request: Request, isAtEnd: boolean): Promise<boolean> => {
  const { writer } = coordinator;
  const isHeld = writer.standing.switchOver?.isReleased === false;
  if (isHeld && (isAtEnd || heldOf(coordinator) >= held)) {
    if (request.end !== 'released') return false;
    await commit(coordinator, await append(writer, { kind: 'released' }));
  }
  if (writer.standing.switchOver?.isReleased === true) {
    await append(writer, { kind: 'promoted' });
    request.isOpen = false;
  }
  return true;
};

/** What a rollback has left prepared. */
const abortLost = async (coordinator: Coordinator): Promise<void> => {
  for (const { committables } of coordinator.writer.standing.aborted)
    for (const { id } of committables) await abort(coordinator, id);
};

/** Counts on; the old code hands over on the way if it is asked to. */
const count = async (coordinator: Coordinator, me: string, request: Request): Promise<'done' | 'again'> => {
  const { writer } = coordinator;
  await claim(coordinator);
  await abortLost(coordinator);
  let number = await latestNumber(coordinator);
  for (;;) {
    const isAtEnd = number >= lastNumber;
    if (!(await moveOn(coordinator, request, isAtEnd))) return 'again';
    if (isAtEnd) break;
    if (me === 'old' && request.isOpen && number >= handOverAt) {
      await takeCheckpoint(coordinator, number, 'cut');
      await append(writer, { kind: 'handOver', to: 'new' });
      return 'again';
    }
    number = await takeCheckpoint(coordinator, number);
  }
  await append(writer, { kind: 'stopped', how: 'finished' });
  return 'done';
};

/** The old code takes the job back: from the cut, as if the new code had never been. */
const rollBack = async (coordinator: Coordinator, request: Request): Promise<'again'> => {
  const { writer } = coordinator;
  await claim(coordinator);
  const { switchOver } = writer.standing;
  if (switchOver !== undefined) await append(writer, { kind: 'rolledBack', to: switchOver.cut.number });
  request.isOpen = false;
  await abortLost(coordinator);
  return 'again';
};

/** The new code gives up what it has held back: the old one goes on from the cut. */
const giveBack = async (coordinator: Coordinator, request: Request): Promise<'again'> => {
  const { writer } = coordinator;
  await claim(coordinator);
  const { switchOver } = writer.standing;
  if (switchOver !== undefined)
    await append(writer, { kind: 'rolledBack', to: switchOver.cut.number, owner: switchOver.from });
  request.isOpen = false;
  return 'again';
};

const work = (coordinator: Coordinator, me: 'old' | 'new', request: Request): Promise<'done' | 'again'> => {
  const { owner, switchOver } = coordinator.writer.standing;
  const isUnstable = request.end !== 'released' && switchOver !== undefined && heldOf(coordinator) >= held;
  if (isUnstable && me === (request.end === 'rolledBack' ? 'old' : 'new'))
    return request.end === 'rolledBack' ? rollBack(coordinator, request) : giveBack(coordinator, request);
  const isMine = owner === me || (owner === '' && me === 'old');
  if (!isMine || isUnstable) return Promise.resolve('again');
  return count(coordinator, me, request);
};

/** What new code has made was never seen, once it is rolled back without having been released. */
const checkRolledBack = (rows: readonly PublishedRow[]): readonly Finding[] =>
  rows
    .filter(({ transaction }) => transaction.startsWith('new'))
    .map(({ key }) => ({ checker: 'rollback', what: `${key} was published by code that was rolled back` }));

/** New code takes over from old code, and is then released, or rolled back after it has held three checkpoints. */
export const switchOver: Scenario<LogSeams> = {
  name: 'switch-over',
  seams: logSeams,
  budgetMs: 180_000,
  start: (cluster, seams) => {
    let isDone = false;
    const end = ends[cluster.world.seed % ends.length] as Request['end'];
    const request: Request = { end, isOpen: true };
    for (const me of ['old', 'new'] as const) {
      keepRunning(cluster, me, async (process) => {
        const end = await runCoordinator(cluster, process, seams, me, (coordinator) =>
          work(coordinator, me, request),
        );
        if (!process.alive) return;
        if (end === 'done') isDone = true;
        else process.kill('deposed');
      });
    }
    const expected = Array.from({ length: lastNumber }, (_, i) => rowOf(i + 1));
    return {
      isDone: () => isDone,
      check: () => [
        ...checkOutput(uid, cluster.outlet.published, expected),
        ...checkSingleWriter(cluster.outlet.published),
        ...(request.end !== 'released' ? checkRolledBack(cluster.outlet.published) : []),
      ],
    };
  },
};
