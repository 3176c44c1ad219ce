/**
 * `plugin` is `kubectl millrace`: what people ask of a StreamJob on a cluster. It reads objects, and changes things only by changing objects:
 * whatever it can do, `kubectl`, a GitOps tool or a script can do too. `text` has the pure half, from objects to lines; `commands` has one
 * file for each thing that can be asked.
 *
 * All but `logs` and `ui` goes over the operator's own client of the API server, so that tests need no cluster. Those two stream for long,
 * over protocols that only `kubectl` has (logs of many pods at once, ports of pods): they start the kubectl that the plugin came from.
 */
import type { System } from '../../../../runtime/src/sys/system.ts';
import type { PeopleClient } from '../../kube/client.ts';

/** Which cluster, and where in it, as kubectl's users say it. */
export interface ClusterChoice {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

/** A cluster that was chosen. */
export interface Cluster {
  readonly client: PeopleClient;
  readonly namespace: string;
}

/** A port of a pod, as this machine has it. */
export interface Forwarded {
  readonly url: string;
  close(): void;
}

/** What the plugin sees of the terminal and the world. */
export interface PluginIo {
  readonly system: Pick<System, 'clock' | 'timers' | 'hashing' | 'files' | 'http'>;
  /** Where relative paths start, absolute. */
  readonly workingDirectory: string;
  out(text: string): void;
  error(text: string): void;
  connect(choice: ClusterChoice): Promise<Cluster>;
  /** Forwards a free port of this machine to a pod, by kubectl. @throws MillraceError when it cannot */
  forward(choice: ClusterChoice, pod: string, port: number): Promise<Forwarded>;
  /** Runs kubectl with these words, on the terminal. @throws MillraceError when it fails */
  kubectl(choice: ClusterChoice, words: readonly string[]): Promise<void>;
}

/** Exit codes; a script may rely on them. */
export const ExitCode = {
  done: 0,
  /** It was refused, or it failed. */
  failed: 1,
  /** The call makes no sense. */
  usage: 2,
} as const;
