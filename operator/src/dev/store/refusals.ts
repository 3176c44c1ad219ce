import { KubeError } from '../../kube/errors.ts';
import type { ResourceType } from '../../kube/objects.ts';

/** The refusals of the server, in the words of the real one. */

const called = (type: ResourceType, name: string): string =>
  `${type.plural}${type.group === '' ? '' : `.${type.group}`} ${JSON.stringify(name)}`;

export const notFound = (type: ResourceType, name: string): KubeError =>
  new KubeError('notFound', `${called(type, name)} not found`, { status: 404 });

export const alreadyExists = (type: ResourceType, name: string): KubeError =>
  new KubeError('alreadyExists', `${called(type, name)} already exists`, { status: 409 });

export const conflict = (type: ResourceType, name: string, why: string): KubeError =>
  new KubeError('conflict', `Operation cannot be fulfilled on ${called(type, name)}: ${why}`, {
    status: 409,
  });

export const invalid = (type: ResourceType, name: string, why: string): KubeError =>
  new KubeError('invalid', `${type.kind} ${JSON.stringify(name)} is invalid: ${why}`, { status: 422 });

export const malformed = (why: string): KubeError => new KubeError('invalid', why, { status: 400 });

export const forbidden = (type: ResourceType, name: string, why: string): KubeError =>
  new KubeError('forbidden', `${called(type, name)} is forbidden: ${why}`, { status: 403 });

export const expired = (): KubeError =>
  new KubeError('gone', 'The provided resource version or continue token is too old.', { status: 410 });
