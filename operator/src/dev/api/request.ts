/**
 * `api` speaks HTTP for the store, so that a real `kubectl` can be used. A *request* and its *answer* are plain values: `objects.ts` answers what
 * is asked of objects, `discovery.ts` what is asked of the server, and `server.ts` alone has sockets.
 */
import { type Kind, kinds } from '../store/kinds.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly accept: string;
  readonly contentType: string;
  /** As it was sent. */
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: object;
}

/** What of the objects of the cluster a path means. */
export interface Target {
  readonly kind: Kind;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/** `/api/v1` or `/apis/GROUP/VERSION`, and what comes behind. */
const groupPath = /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))\/(.+?)\/?$/;

/** What a path means; undefined when it means no objects. */
export const targetOf = (path: string): Target | undefined => {
  const [, coreVersion, group = '', groupVersion, rest = ''] = groupPath.exec(path) ?? [];
  const version = coreVersion ?? groupVersion;
  const parts = rest.split('/').map(decodeURIComponent);
  const isInNamespace = parts[0] === 'namespaces' && parts.length > 2;
  const [plural, name, subresource] = isInNamespace ? parts.slice(2) : parts;
  const kind = kinds.find(
    (known) => known.group === group && known.version === version && known.plural === plural,
  );
  if (kind === undefined || (isInNamespace && !kind.isNamespaced)) return undefined;
  return { kind, namespace: isInNamespace ? parts[1] : undefined, name, subresource };
};
