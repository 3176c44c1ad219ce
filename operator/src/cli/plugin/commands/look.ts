/** `commands` has what can be asked, by kind: to *look* at jobs, and to *wish* something of one. Each reads, decides what to say, and says it. */
import type { Command } from 'commander';
import { findJob, listJobs, readEvents, readPicture } from '../job-picture.ts';
import { askLive, coordinatorPod } from '../live.ts';
import { allOptions, type OutputOptions, outputOption, print } from '../options.ts';
import type { Cluster, ClusterChoice, PluginIo } from '../plugin-io.ts';
import { causeOf, explainLines } from '../text/explain-text.ts';
import { liveLines } from '../text/live-text.ts';
import { statusLines, statusTable } from '../text/status-text.ts';
import { drawTree } from '../text/table.ts';
import { jobTree } from '../text/tree-text.ts';

interface StatusOptions extends OutputOptions {
  readonly allNamespaces?: boolean;
  readonly live?: boolean;
}

const showLive = async (
  io: PluginIo,
  options: StatusOptions & ClusterChoice,
  cluster: Cluster,
  name: string,
): Promise<void> => {
  const picture = await readPicture(cluster, name);
  const choice = { ...options, namespace: cluster.namespace };
  const live = await askLive(io, choice, coordinatorPod(picture), async (ask) => {
    const [status, { tasks }] = await Promise.all([ask('getStatus', {}), ask('listTasks', {})]);
    return { status, tasks };
  });
  const nowMs = io.system.clock.nowMs();
  print(io, options, { job: picture.job, live }, () => [
    ...statusLines(picture.job, nowMs),
    ...liveLines(live, nowMs),
  ]);
};

/** `kubectl millrace status`. */
export const addStatus = (program: Command, io: PluginIo): void => {
  program
    .command('status')
    .argument('[name]', 'of a StreamJob; all of the namespace when there is none')
    .description('Show how jobs are.')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('--live', 'of one job: what its coordinator tells now, too', false)
    .addOption(outputOption())
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const options = allOptions<StatusOptions>(command);
      const cluster = await io.connect(options);
      if (options.live === true && name !== undefined) return showLive(io, options, cluster, name);
      const nowMs = io.system.clock.nowMs();
      const showsNamespace = options.allNamespaces === true;
      if (name !== undefined) {
        const job = await findJob(cluster, name);
        return print(io, options, job, (isWide) =>
          isWide ? statusTable([job], nowMs, { isWide }) : statusLines(job, nowMs),
        );
      }
      const items = await listJobs(cluster, showsNamespace ? undefined : cluster.namespace);
      const list = { apiVersion: 'v1', kind: 'List', items };
      print(io, options, list, (isWide) => statusTable(items, nowMs, { isWide, showsNamespace }));
    });
};

/** `kubectl millrace explain`. */
export const addExplain = (program: Command, io: PluginIo): void => {
  program
    .command('explain')
    .argument('<name>', 'of a StreamJob')
    .description('Say in one line why a job is as it is, and then what that was seen by.')
    .addOption(outputOption())
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = allOptions<OutputOptions>(command);
      const cluster = await io.connect(options);
      const picture = await readPicture(cluster, name);
      const events = await readEvents(cluster, picture);
      const value = { ...causeOf(picture), job: picture.job, pods: picture.pods, events };
      print(io, options, value, () => explainLines(picture, events, io.system.clock.nowMs()));
    });
};

/** `kubectl millrace tree`. */
export const addTree = (program: Command, io: PluginIo): void => {
  program
    .command('tree')
    .argument('<name>', 'of a StreamJob')
    .description('Show what a job is made of: revisions, ReplicaSets, pods.')
    .addOption(outputOption())
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = allOptions<OutputOptions>(command);
      const picture = await readPicture(await io.connect(options), name);
      const tree = jobTree(picture, io.system.clock.nowMs());
      print(io, options, tree, () => drawTree(tree));
    });
};
