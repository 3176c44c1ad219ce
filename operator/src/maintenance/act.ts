import type { KubeClient, ObjectName } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import { type Pod, pods, serviceAccounts } from '../kube/kinds.ts';
import type { Stored } from '../kube/objects.ts';
import type { MaintenanceObjects } from './pod.ts';

const unlessThere = async (creation: Promise<unknown>): Promise<void> => {
  try {
    await creation;
  } catch (error) {
    if (!KubeError.is(error, 'alreadyExists')) throw error;
  }
};

/** Where a namespace ends nothing can be made any more, and who has no right to make pods never will: waiting changes nothing. */
const isForGood = (error: unknown): error is KubeError =>
  KubeError.is(error, 'forbidden') && /being terminated|cannot create resource/.test(error.message);

/** Starts a pod, if there is none. Resolves with why there can be none, ever. @throws KubeError when another try may help */
export const beginMaintenance = async (
  client: KubeClient,
  { pod, serviceAccount }: MaintenanceObjects,
): Promise<string | undefined> => {
  try {
    if (serviceAccount !== undefined) await unlessThere(client.create(serviceAccounts, serviceAccount));
    await unlessThere(client.create(pods, pod));
    return undefined;
  } catch (error) {
    if (isForGood(error)) return error.message;
    throw error;
  }
};

const removeIfThere = async (removal: Promise<unknown>): Promise<void> => {
  try {
    await removal;
  } catch (error) {
    if (!KubeError.is(error, 'notFound') && !KubeError.is(error, 'conflict')) throw error;
  }
};

/** Removes pods, and the accounts that were made for them. */
export const endMaintenance = async (
  client: KubeClient,
  done: readonly Stored<Pod>[],
  hasAccounts: boolean,
): Promise<void> => {
  for (const { metadata } of done) {
    const at: ObjectName = { namespace: metadata.namespace ?? '', name: metadata.name };
    const account = hasAccounts ? await client.get(serviceAccounts, at) : undefined;
    if (account !== undefined)
      await removeIfThere(client.remove(serviceAccounts, at, { uid: account.metadata.uid }));
    await removeIfThere(client.remove(pods, at, { uid: metadata.uid }));
  }
};
