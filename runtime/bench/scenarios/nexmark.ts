import { blackhole } from 'millrace/connectors/blackhole';
import { measureJob } from '../measure-job.ts';
import { flinkCosts } from '../nexmark/flink.ts';
import { measuredClock } from '../nexmark/hashes.ts';
import { queries } from '../nexmark/queries.ts';
import type { Query } from '../nexmark/query.ts';
import type { Scenario } from '../scenario.ts';

/** As many events as Flink's process had seen before it was measured. */
const warmUpEvents = 400_000;
/** Where there is nothing to compare with. */
const defaultEvents = 3_000_000;

const toScenario = (query: Query): Scenario => {
  const flink = flinkCosts[query.name];
  return {
    name: `nexmark-${query.name}`,
    title: query.title,
    subject: () =>
      measureJob(
        (events) => query.job({ events, clock: measuredClock }, blackhole()),
        flink?.events ?? defaultEvents,
        warmUpEvents,
      ),
    ...(flink === undefined
      ? { bars: [] }
      : {
          baseline: { name: 'Flink 2.3', cpuSecondsPerMillion: flink.cpuSecondsPerMillion },
          bars: [{ figure: 'ratio', atLeast: 1.5 }],
        }),
    ...(query.note === undefined ? {} : { note: query.note }),
  };
};

/** Nexmark beside Flink: records are events of all three kinds. */
export const nexmarkScenarios: readonly Scenario[] = queries.map(toScenario);
