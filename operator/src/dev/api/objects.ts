import { parse } from 'yaml';
import { isMapping } from '../../../../runtime/src/contract/field.ts';
import type { Preconditions } from '../../kube/client.ts';
import { apiVersionOf } from '../../kube/objects.ts';
import { applyToStore, createInStore, operatorManager } from '../apply/apply-to-store.ts';
import { mergePatched } from '../store/merge-patch.ts';
import type { ObjectStore, Part } from '../store/object-store.ts';
import { malformed, notFound } from '../store/refusals.ts';
import { fieldSelector, labelSelector, type Selector } from '../store/selectors.ts';
import { type DevObject, fieldsAt, type Sent, valueAt } from '../store/values.ts';
import { tableOf } from './columns.ts';
import { jsonPatched, strategicPatched } from './patches.ts';
import type { Answer, Request, Target } from './request.ts';
import { changeScale, scaleOf } from './scale.ts';
import { failure } from './status.ts';

/** A request about objects, and what it is about. */
export interface Asked {
  readonly store: ObjectStore;
  readonly request: Request;
  readonly target: Target;
  readonly nowMs: number;
}

const wantsTable = ({ accept }: Request): boolean => accept.includes('as=Table');

/** What a list or a watch selects. */
export const selectorOf = ({ query }: Request): Selector => {
  const [labels, fields] = [labelSelector(query['labelSelector']), fieldSelector(query['fieldSelector'])];
  return (object) => labels(object) && fields(object);
};

const placeOf = ({ namespace = '', name = '' }: Target): { namespace: string; name: string } => ({
  namespace,
  name,
});

const shown = ({ request, target, nowMs }: Asked, object: DevObject, status = 200): Answer => ({
  status,
  body: wantsTable(request)
    ? tableOf(target.kind, [object], nowMs, { resourceVersion: object.metadata.resourceVersion })
    : object,
});

const found = ({ store, target }: Asked): DevObject => {
  const object = store.find(target.kind, placeOf(target));
  if (object === undefined) throw notFound(target.kind, target.name ?? '');
  return object;
};

/** JSON is YAML too. */
const bodyOf = ({ body }: Request): unknown => {
  try {
    return body === '' ? {} : (parse(body) as unknown);
  } catch (error) {
    throw malformed(`the body of the request cannot be read: ${String(error)}`);
  }
};

/** The object in the body, in the namespace of the path. */
const sentIn = ({ request, target }: Asked): Sent => {
  const body = bodyOf(request);
  if (!isMapping(body)) throw malformed('the body of the request is no object in JSON or YAML');
  const metadata = { ...fieldsAt(body, 'metadata') };
  if (target.namespace !== undefined) metadata['namespace'] = target.namespace;
  if (target.name !== undefined) metadata['name'] ??= target.name;
  return {
    apiVersion: apiVersionOf(target.kind),
    kind: target.kind.kind,
    ...body,
    metadata,
  } as unknown as Sent;
};

/** What is written of an object that only the server says is what must be so. */
const expectedIn = (metadata: object): Partial<Preconditions> => {
  const { uid, resourceVersion } = metadata as Partial<Preconditions>;
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' && resourceVersion !== '' ? { resourceVersion } : {}),
  };
};

const list = (asked: Asked): Answer => {
  const { store, request, target, nowMs } = asked;
  const { kind, namespace } = target;
  const limit = request.query['limit'] === undefined ? undefined : Number(request.query['limit']);
  const query = { namespace, selects: selectorOf(request), limit, continue: request.query['continue'] };
  const { items, ...metadata } = store.list(kind, query);
  if (wantsTable(request)) return { status: 200, body: tableOf(kind, items, nowMs, metadata) };
  const body = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items };
  return { status: 200, body };
};

const partOfTarget = ({ subresource }: Target): Part => (subresource === 'status' ? 'status' : 'object');

const replace = (asked: Asked): Answer => {
  const { store, target } = asked;
  const sent = sentIn(asked);
  const expected = expectedIn(sent.metadata);
  const change = (live: DevObject): Sent => ({
    ...sent,
    metadata: { ...sent.metadata, managedFields: live.metadata.managedFields },
  });
  return shown(asked, store.change(target.kind, placeOf(target), partOfTarget(target), expected, change));
};

const patched = (asked: Asked, live: object): unknown => {
  const { request, target } = asked;
  const patch = bodyOf(request);
  const type = request.contentType.split(';')[0];
  if (type === 'application/merge-patch+json') return mergePatched(live, patch);
  if (type === 'application/json-patch+json') return jsonPatched(live, patch);
  if (type === 'application/strategic-merge-patch+json') return strategicPatched(target.kind, live, patch);
  throw malformed(`${type} is no patch that is known here`);
};

const created = (asked: Asked): DevObject => {
  const { store, request, target } = asked;
  const manager = request.query['fieldManager'];
  const sent = sentIn(asked);
  return manager === operatorManager
    ? createInStore(store, target.kind, sent)
    : store.create(target.kind, sent);
};

const patch = (asked: Asked): Answer => {
  const { store, request, target } = asked;
  const part = partOfTarget(target);
  if (request.contentType.startsWith('application/apply-patch+yaml')) {
    const manager = request.query['fieldManager'] ?? 'unknown';
    const applier = {
      manager,
      force: request.query['force'] === 'true',
      part: part === 'status' ? part : 'object',
    } as const;
    const sent = sentIn(asked);
    const expected = expectedIn(sent.metadata);
    const isNew = store.find(target.kind, placeOf(target)) === undefined;
    return shown(asked, applyToStore(store, target.kind, sent, expected, applier), isNew ? 201 : 200);
  }
  const live = found(asked);
  const next = patched(asked, live);
  const expected = expectedIn(fieldsAt(bodyOf(request), 'metadata'));
  return shown(
    asked,
    store.change(target.kind, placeOf(target), part, expected, () => next as Sent),
  );
};

const remove = (asked: Asked): Answer => {
  const { store, request, target } = asked;
  const options = bodyOf(request);
  const { uid } = found(asked).metadata;
  if ((valueAt(options, 'propagationPolicy') ?? request.query['propagationPolicy']) === 'Orphan') {
    return failure(400, 'BadRequest', 'what an object owns goes with it here: orphans are not made');
  }
  const grace = valueAt(options, 'gracePeriodSeconds') ?? request.query['gracePeriodSeconds'];
  const expected = fieldsAt(options, 'preconditions');
  const place = placeOf(target);
  const last = store.remove(target.kind, place, expected, grace === undefined ? undefined : Number(grace));
  if (store.find(target.kind, place)?.metadata.uid === uid && last !== undefined) return shown(asked, last);
  const details = { name: place.name, group: target.kind.group, kind: target.kind.plural, uid };
  return {
    status: 200,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details },
  };
};

const scale = (asked: Asked): Answer => {
  const { store, request, target } = asked;
  const live = found(asked);
  if (target.kind.scale === undefined) throw notFound(target.kind, `${target.name}/scale`);
  const before = scaleOf(target.kind.scale, live);
  if (request.method === 'GET') return { status: 200, body: before };
  const wanted = request.method === 'PUT' ? bodyOf(request) : patched(asked, before);
  return { status: 200, body: changeScale(store, target.kind, live, wanted) };
};

/** Answers a request about objects. @throws KubeError */
export const answerAboutObjects = (asked: Asked): Answer => {
  const { request, target } = asked;
  if (request.query['dryRun'] !== undefined) {
    return failure(400, 'BadRequest', 'nothing can be tried without being done here: leave dryRun out');
  }
  if (target.subresource === 'scale') return scale(asked);
  if (target.subresource !== undefined && target.subresource !== 'status') {
    return failure(404, 'NotFound', `there is no ${target.subresource} of ${target.kind.plural} here`);
  }
  const isOne = target.name !== undefined;
  switch (request.method) {
    case 'GET':
      return isOne ? shown(asked, found(asked)) : list(asked);
    case 'POST':
      return shown(asked, created(asked), 201);
    case 'PUT':
      return replace(asked);
    case 'PATCH':
      return patch(asked);
    case 'DELETE':
      if (isOne) return remove(asked);
  }
  return failure(405, 'MethodNotAllowed', `${request.method} is not done here`);
};
