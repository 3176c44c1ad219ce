import { type Command, InvalidArgumentError } from 'commander';
import { ports } from '../../../streamjob/resources/render-settings.ts';
import { readPicture } from '../job-picture.ts';
import { addressHere, coordinatorPod } from '../live.ts';
import { allOptions } from '../options.ts';
import type { PluginIo } from '../plugin-io.ts';

const parsePort = (text: string): string => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError('Give a port from 0 to 65535.');
};

const pages = '/v1/status, /v1/tasks, /v1/checkpoints, /metrics; /v1/openapi.json has all';

/** `kubectl millrace ui`. There are no pages for people yet: what they will be made from is served. */
export const addUi = (program: Command, io: PluginIo): void => {
  program
    .command('ui')
    .argument('<name>', 'of a StreamJob')
    .description('Forward a port of this machine to what the coordinator of a job shows, until Ctrl-C.')
    .option('--port <port>', 'of this machine', parsePort, `${ports.live}`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = allOptions<{ readonly port: string }>(command);
      const cluster = await io.connect(options);
      const pod = coordinatorPod(await readPicture(cluster, name));
      const here = addressHere(pod);
      if (here !== undefined) return io.out(`${here} has ${pages}\n`);
      io.out(`http://127.0.0.1:${options.port} has ${pages}. Ctrl-C ends it.\n`);
      const words = ['port-forward', `pod/${pod.metadata.name}`, `${options.port}:${ports.live}`];
      await io.kubectl({ ...options, namespace: cluster.namespace }, words);
    });
};
