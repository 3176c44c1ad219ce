import { type Ask, createAsk } from '../../../../runtime/src/contract/control/client.ts';
import { MillraceError } from '../../../../runtime/src/contract/errors.ts';
import { reasonOf } from '../../../../runtime/src/contract/reason.ts';
import type { Pod } from '../../kube/kinds.ts';
import type { Stored } from '../../kube/objects.ts';
import { revisionLabel, roleLabel } from '../../streamjob/names.ts';
import { ports } from '../../streamjob/resources/render-settings.ts';
import { type JobPicture, statusOf } from './job-picture.ts';
import type { ClusterChoice, PluginIo } from './plugin-io.ts';

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;

/** The pod of the coordinator that can tell most: that of the current revision, if it is ready. @throws MillraceError not-found */
export const coordinatorPod = ({ job, pods }: JobPicture): Stored<Pod> => {
  const { current } = statusOf(job).revision ?? {};
  const ready = pods.filter((pod) => pod.metadata.labels?.[roleLabel] === 'coordinator' && isReady(pod));
  const found = ready.find(({ metadata }) => metadata.labels?.[revisionLabel] === current) ?? ready[0];
  if (found !== undefined) return found;
  const { name } = job.metadata;
  throw new MillraceError('not-found', `No coordinator of ${name} is ready.`, {
    hint: `See kubectl millrace explain ${name}.`,
  });
};

/** Where a pod of `millrace dev` can be asked: it is on this machine. undefined = it is in a cluster, and a port must be forwarded. */
export const addressHere = ({ status }: Pod): string | undefined =>
  status?.podIP?.startsWith('127.') === true ? `http://${status.podIP}:${ports.live}` : undefined;

const askWithinMs = 10_000;
const mostBytes = 4 * 1024 * 1024;

/** Asks a coordinator, over a port that is forwarded for so long. */
export const askLive = async <T>(
  io: PluginIo,
  choice: ClusterChoice,
  pod: Stored<Pod>,
  questions: (ask: Ask) => Promise<T>,
): Promise<T> => {
  const here = addressHere(pod);
  const forwarded =
    here === undefined
      ? await io.forward(choice, pod.metadata.name, ports.live)
      : { url: here, close: () => undefined };
  const ask = createAsk(async ({ method, path }) => {
    const url = forwarded.url + path;
    try {
      return await io.system.http.request({ method, url, headers: {}, timeoutMs: askWithinMs, mostBytes });
    } catch (error) {
      const why = `The coordinator ${pod.metadata.name} does not answer: ${reasonOf(error)}`;
      throw new MillraceError('io', why, { cause: error });
    }
  });
  try {
    return await questions(ask);
  } finally {
    forwarded.close();
  }
};
