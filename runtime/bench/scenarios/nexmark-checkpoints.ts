import { blackhole } from 'millrace/connectors/blackhole';
import { finish, measure, runToEnd } from '../measure-job.ts';
import { flinkCosts } from '../nexmark/flink.ts';
import { measuredClock } from '../nexmark/hashes.ts';
import { queries } from '../nexmark/queries.ts';
import type { Query } from '../nexmark/query.ts';
import type { Measured, Part, Scenario } from '../scenario.ts';
import { stateIn, storedJob, withFolder } from '../stored-job.ts';
import { watchCheckpoints } from '../watch-checkpoints.ts';

const warmUpEvents = 400_000;
/** Times as many events as beside Flink, so that there are several checkpoints. */
const longer: Readonly<Record<string, number>> = {
  q0: 12,
  q1: 12,
  q2: 12,
  q3: 10,
  q5: 12,
  q7: 16,
  q8: 10,
  q11: 12,
  q18: 3,
};

const eventsOf = (query: Query): number =>
  (flinkCosts[query.name]?.events ?? 3_000_000) * (longer[query.name] ?? 1);

const without =
  (query: Query): Part =>
  async () => {
    const job = (events: number) => query.job({ events, clock: measuredClock }, blackhole());
    await runToEnd(job(warmUpEvents));
    return measure(eventsOf(query), () => runToEnd(job(eventsOf(query))));
  };

const withCheckpoints =
  (query: Query): Part =>
  async () => {
    const job = (events: number) => query.job({ events, clock: measuredClock }, blackhole());
    await runToEnd(job(warmUpEvents));
    return withFolder(async (folder) => {
      const opened = await stateIn(folder, '10s');
      const running = storedJob(job(eventsOf(query)), opened);
      let checkpoints = 0;
      watchCheckpoints(running, ({ what }) => {
        if (what === 'completed') checkpoints++;
      });
      const measured = await measure(eventsOf(query), () => finish(running));
      await opened.close();
      return { ...measured, figures: { checkpoints } };
    });
  };

const lost = ({ subject, baseline }: Measured): Readonly<Record<string, number>> =>
  subject && baseline
    ? {
        cpuMore: subject.cpuSeconds / baseline.cpuSeconds - 1,
        throughputLost: 1 - baseline.seconds / subject.seconds,
      }
    : {};

/** Nexmark with a checkpoint every 10 s into a directory, beside none. */
export const nexmarkCheckpointScenarios: readonly Scenario[] = queries.map((query) => ({
  name: `checkpointed-nexmark-${query.name}`,
  title: `${query.title}: with a checkpoint every 10 s into a directory`,
  subject: withCheckpoints(query),
  baseline: { name: 'no checkpoints', part: without(query) },
  figures: lost,
  bars: [],
  onlyByName: true,
}));
