import type { StreamJobStatus } from '../../runtime/src/contract/status.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { isInForce, messagesOf, stalledBy } from './job-on-node.ts';
import { type Step, stepByStep } from './steps.ts';
import { codeInConfigMap } from './workload-spec.ts';

const sameRevision = (status: StreamJobStatus, before: StreamJobStatus): boolean =>
  status.revision?.current === before.revision?.current && status.attempt === before.attempt;

/** What ran before runs on, and the status says why what was asked for does not. */
const untouchedBecause =
  (words: string): Step['isDone'] =>
  (status, before) =>
    sameRevision(status, before) && status.replicas === before.replicas && messagesOf(status).includes(words);

const corrected = (what: string, act: Step['act']): Step => ({ what, act, isDone: isInForce });

const entry = { entry: 'job.ts' } as const;

const steps: readonly Step[] = [
  {
    what: 'upgraded',
    act: (job) => job.apply({ env: [{ name: 'VERSION', value: 'two' }] }),
    isDone: (status, before) =>
      status.revision?.current !== before.revision?.current &&
      status.lastUpgrade?.outcome === 'Done' &&
      isInForce(status),
  },
  {
    what: 'state that does not fit',
    act: (job) => job.applyArguments({ state: 'list' }),
    isDone: (status, before) => sameRevision(status, before) && stalledBy(status)?.reason === 'Incompatible',
  },
  corrected('state that fits again', (job) => job.applyArguments({ state: 'value' })),
  {
    what: 'code that ends its worker on trial',
    act: (job) => job.applyArguments({ hoardFrom: '0' }),
    isDone: (status, before) =>
      stalledBy(status)?.reason === 'RolledBack' &&
      status.revision?.current === before.revision?.current &&
      status.revision?.rejected !== undefined &&
      status.replicas === before.replicas,
  },
  corrected('code that works again', (job) => job.applyArguments({ hoardFrom: 'Infinity' })),
  {
    what: 'an image that does not exist',
    act: (job) => job.apply({ job: { ...entry, code: { image: 'localhost/nowhere:dev' } } }),
    isDone: untouchedBecause('ErrImageNeverPull'),
  },
  corrected('an image that exists', (job) => job.apply({ job: { ...entry, ...codeInConfigMap } })),
  {
    what: 'an image without Node',
    act: (job) => job.apply({ job: { ...entry, code: { image: 'localhost/pause:dev' } } }),
    isDone: untouchedBecause('cannot start'),
  },
  corrected('an image with Node', (job) => job.apply({ job: { ...entry, ...codeInConfigMap } })),
];

/** Upgrades of which some are bad: what runs is never worse off, and whoever corrects the file needs nothing else. */
export const upgradeRollback: Scenario = stepByStep({ name: 'upgrade.rollback', parallelism: 2, steps });
