import { MillraceError } from '../../../../runtime/src/contract/errors.ts';
import type { Processes } from '../../../../runtime/src/sys/processes.ts';
import type { ClusterChoice, Forwarded } from './plugin-io.ts';

/** Which cluster, in the words of kubectl. */
export const clusterWords = ({ kubeconfig, context, namespace }: ClusterChoice): readonly string[] =>
  Object.entries({ kubeconfig, context, namespace }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );

/** Forwards a port of a pod until it is closed. `kubectl` chooses the port of this machine, and says which. */
export const forwardPort = (
  processes: Pick<Processes, 'start'>,
  directory: string,
  words: { readonly choice: ClusterChoice; readonly pod: string; readonly port: number },
  program = 'kubectl',
): Promise<Forwarded> =>
  new Promise((resolve, reject) => {
    let said = '';
    const child = processes.start({
      program,
      args: ['port-forward', `pod/${words.pod}`, `:${words.port}`, ...clusterWords(words.choice)],
      environment: {},
      directory,
      onOutput: (text) => {
        said += text;
        const [, port] = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said) ?? [];
        if (port === undefined) return;
        resolve({ url: `http://127.0.0.1:${port}`, close: () => child.signal('SIGTERM') });
      },
    });
    child.onExit(({ problem }) => {
      const why = said.trim() === '' ? (problem ?? 'it has ended') : said.trim();
      reject(new MillraceError('io', `kubectl port-forward failed: ${why}`));
    });
  });
