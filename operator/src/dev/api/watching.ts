import type { Timers } from '../../../../runtime/src/sys/system.ts';
import { KubeError } from '../../kube/errors.ts';
import { apiVersionOf } from '../../kube/objects.ts';
import type { SessionEvent } from '../store/watch-session.ts';
import { WatchSession } from '../store/watch-session.ts';
import { tableOf } from './columns.ts';
import { type Asked, selectorOf } from './objects.ts';
import { refusal } from './status.ts';

/** Where the lines of a watch go. */
export interface WatchOutlet {
  line(value: object): void;
  end(): void;
}

/** As long as a real server lets one run, at least. */
const usualTimeoutSeconds = 1_800;

const lineOf = ({ target, request, nowMs }: Asked, event: SessionEvent): object => {
  const { kind } = target;
  if (event.type !== 'BOOKMARK') {
    const isTable = request.accept.includes('as=Table');
    return { type: event.type, object: isTable ? tableOf(kind, [event.object], nowMs) : event.object };
  }
  const annotations = event.isInitialEnd === true ? { 'k8s.io/initial-events-end': 'true' } : undefined;
  const metadata = { resourceVersion: event.resourceVersion, annotations };
  return { type: 'BOOKMARK', object: { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } };
};

/** Tells an outlet what a watch sees. Returns how to end it from the other side. */
export const watchOver = (
  asked: Asked,
  timers: Timers,
  now: () => number,
  outlet: WatchOutlet,
): (() => void) => {
  const { store, request, target } = asked;
  const { query } = request;
  const from = query['resourceVersion'] ?? '';
  const isFromState = from === '' || from === '0' || query['sendInitialEvents'] === 'true';
  const options = {
    kind: target.kind,
    namespace: target.namespace,
    selects: selectorOf(request),
    since: isFromState ? undefined : Number(from),
    timeoutMs: Number(query['timeoutSeconds'] ?? usualTimeoutSeconds) * 1_000,
    wantsBookmarks: query['allowWatchBookmarks'] === 'true',
  };
  const tell = (event: SessionEvent): void => outlet.line(lineOf({ ...asked, nowMs: now() }, event));
  try {
    const session = new WatchSession(store, timers, options, tell, () => outlet.end());
    return () => session.close();
  } catch (error) {
    if (!KubeError.is(error)) throw error;
    outlet.line({ type: 'ERROR', object: refusal(error).body });
    outlet.end();
    return () => undefined;
  }
};
