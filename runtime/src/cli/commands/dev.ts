import { type Command, InvalidArgumentError } from 'commander';
import { type CommandIo, ExitCode, type Outcome } from '../command-io.ts';

const examples = `
Examples:
  millrace dev                                     then, in another terminal:
  kubectl --kubeconfig .millrace/kubeconfig apply -f job.yaml
  kubectl --kubeconfig .millrace/kubeconfig scale streamjob my-job --replicas 4`;

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
/** Another program: the runtime knows nothing of the operator. */
const operator = new URL(`../../../../operator/src/cli/main.${extension}`, import.meta.url);

const parsePort = (text: string): string => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError('Give a port from 0 to 65535.');
};

interface DevOptions {
  readonly directory: string;
  readonly port: string;
}

/** `millrace dev`. */
export const addDev = (program: Command, io: CommandIo, outcome: Outcome): void => {
  program
    .command('dev')
    .description(
      'Run the operator on this machine: a cluster in memory, pods as processes, for a real kubectl.',
    )
    .option('--directory <folder>', 'where the kubeconfig and the files of pods are', '.millrace')
    .option('--port <port>', 'of the API server; 0 takes a free one', parsePort, '0')
    .addHelpText('after', examples)
    .action(async ({ directory, port }: DevOptions) => {
      const child = io.system.processes.spawn(operator, {
        MILLRACE_DEV_DIRECTORY: directory,
        MILLRACE_DEV_PORT: port,
      });
      // The terminal interrupts both: the other one ends first.
      const release = io.onInterrupt(() => undefined);
      const problem = await new Promise<string | undefined>((done) => child.onExit(done));
      release();
      if (problem === undefined) return;
      io.error(`millrace dev: ${problem}\n`);
      outcome.code = ExitCode.failed;
    });
};
