import type { CheckpointDetail } from '../../contract/control/checkpoints.ts';
import { MillraceError } from '../../contract/errors.ts';
import type { CheckpointHistory } from '../checkpoint-history.ts';
import type { LocalJob } from '../local-job.ts';
import type { Answers } from './job-control.ts';

const find = (history: CheckpointHistory, id: number): CheckpointDetail => {
  const found = history.detail(id);
  if (found !== undefined) return found;
  throw new MillraceError('not-found', `Checkpoint ${id} is not among the newest of the job.`, {
    hint: '`millrace checkpoint list` shows all that are in the store.',
  });
};

/** What the control API says of checkpoints. */
export const checkpointAnswers = (
  job: LocalJob,
  history: CheckpointHistory,
): Pick<Answers, 'listCheckpoints' | 'getCheckpoint' | 'triggerCheckpoint'> => ({
  listCheckpoints: () => history.list(),
  getCheckpoint: ({ checkpoint }) => find(history, checkpoint),
  /** One that is under way already is the answer: whoever wants a later one listens for its end. */
  triggerCheckpoint: async () => {
    const [underWay] = history.list().inProgress;
    if (underWay !== undefined) return underWay;
    const taken = job.takeCheckpoint('checkpoint');
    const [begun] = history.list().inProgress;
    if (begun !== undefined) {
      taken.catch(() => undefined);
      return begun;
    }
    const { manifest } = await taken;
    return find(history, manifest.checkpointId);
  },
});
