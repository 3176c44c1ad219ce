import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Artifact, freezeJob } from '../../src/artifact/freeze.ts';
import { resolveMillraceToThisRuntime } from '../../src/artifact/resolve.ts';
import type { LocalSettings } from '../../src/coordinator/local.ts';
import { LocalJob } from '../../src/coordinator/local-job.ts';
import { localDeployment, type OpenedState } from '../../src/coordinator/local-state.ts';
import type { NextRevision } from '../../src/coordinator/next-revision.ts';
import { threadedRevision } from '../../src/coordinator/threads.ts';
import { describeJob } from '../../src/offline/describe-job.ts';
import { localSettings, peakRssMiB } from '../measure-job.ts';
import type { Measurement, Part, Scenario } from '../scenario.ts';
import { checkpointIn, stateIn, withFolder } from '../stored-job.ts';

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise<void>((resolve) => setTimeout(resolve, 20));
};

/** The same code under another name. */
const nextOf = async (
  artifact: Artifact,
  settings: LocalSettings,
  opened: OpenedState,
  name: string,
): Promise<NextRevision> => {
  const { system } = settings;
  const state = opened.revise({
    checkpoint: checkpointIn('1s'),
    artifact: artifact.sha256,
    revision: name,
    renamed: new Map(),
  });
  const revision = await threadedRevision(artifact, { ...settings, state });
  return {
    name,
    deployment: localDeployment(name),
    revision: { ...revision, name },
    states: await describeJob({ ...settings, system, name: 'bench' }, revision.graph),
    trial: { held: 1, windowMs: 0, maxRestarts: 0, rollsBack: true, timeoutMs: 600_000, watchesLag: false },
    allowRemoved: false,
    waitsForApproval: false,
  };
};

/** A job with so many keys on threads of this process, changed so often while it runs at full speed. */
const changed =
  (keys: number, kind: 'rescale' | 'upgrade', times: number): Part =>
  () =>
    withFolder(async (folder): Promise<Measurement> => {
      resolveMillraceToThisRuntime();
      const opened = await stateIn(folder, '1s');
      const settings: LocalSettings = {
        ...localSettings(),
        args: { keys: String(keys) },
        maxParallelism: 128,
        state: opened.state,
      };
      const entry = fileURLToPath(new URL('../jobs/switched.ts', import.meta.url));
      const artifact = await freezeJob(settings.system, entry, join(folder, 'artifacts'));
      let name = 0;
      const job = new LocalJob({
        ...settings,
        ...(await threadedRevision(artifact, settings)),
        name: 'one',
        revise: () => nextOf(artifact, settings, opened, `r${name}`),
      });
      const pauses: number[] = [];
      job.observe({
        onState: () => undefined,
        onFailure: (error) => console.error(error),
        onCheckpoint: () => undefined,
        onSavepoint: () => undefined,
        onSwitchOver: ({ pauseMs, committedPauseMs, outcome, reason }) => {
          if (outcome !== 'done') console.error(reason);
          else if (committedPauseMs === undefined) pauses.push(pauseMs);
        },
      });
      const startedMs = performance.now();
      job.start();
      await until(() => job.report().some(({ recordsIn }) => recordsIn > keys * 1.05));
      for (let i = 0; i < times; i++) {
        if (kind === 'rescale') await job.changes.rescale(i % 2 === 0 ? 2 : 1);
        else {
          name++;
          await job.changes.upgrade.planNext(`r${name}`);
          job.changes.upgrade.prepare(`r${name}`);
          await until(() => job.changes.upgrade.status?.phase === 'promoted');
        }
      }
      await job.cancel();
      await opened.close();
      pauses.sort((one, other) => one - other);
      return {
        records: keys,
        seconds: (performance.now() - startedMs) / 1000,
        cpuSeconds: Number.NaN,
        peakRssMiB: peakRssMiB(),
        figures: {
          times: pauses.length,
          pauseP50Ms: pauses[pauses.length >> 1] ?? Number.NaN,
          pauseLongestMs: pauses.at(-1) ?? Number.NaN,
        },
      };
    });

export const switchOverScenarios: readonly Scenario[] = [
  {
    name: 'rescale-10mb',
    title:
      'rescale 1 → 2 → 1 … at full speed, 10 MB of typed state, on threads: how long records stand still',
    subject: changed(450_000, 'rescale', 20),
    bars: [{ figure: 'pauseLongestMs', atMost: 200 }],
    onlyByName: true,
  },
  {
    name: 'rescale-1gb',
    title: 'the same at 1 GB',
    subject: changed(45_000_000, 'rescale', 2),
    bars: [{ figure: 'pauseLongestMs', atMost: 1000 }],
    onlyByName: true,
  },
  {
    name: 'upgrade-100mb',
    title: 'other code takes over at full speed, 100 MB of typed state, on threads',
    subject: changed(4_500_000, 'upgrade', 10),
    bars: [{ figure: 'pauseLongestMs', atMost: 1000 }],
    onlyByName: true,
  },
];
