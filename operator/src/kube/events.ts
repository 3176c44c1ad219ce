import type { System } from '../../../runtime/src/sys/system.ts';
import type { KubeClient } from './client.ts';
import { type Event, events } from './kinds.ts';
import type { KubeObject, Stored } from './objects.ts';

/** Something that a person who looks at an object should read. */
export interface Notice {
  readonly type: 'Normal' | 'Warning';
  /** One word in upper camel case, which tools look for. */
  readonly reason: string;
  /** A sentence; cut at 1 KiB. */
  readonly message: string;
}

export interface EventsOptions {
  readonly client: KubeClient;
  readonly system: Pick<System, 'clock' | 'random'>;
  /** Which of several operators tells, such as the name of its pod. */
  readonly instance: string;
  /** Told of an event that could not be written. May not throw. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** What is said again within this is counted at the event that is there already. */
const sameMs = 600_000;
/** A count is written no more often than this. */
const countMs = 60_000;
/** Of one object: so many at once, and another one every so often. */
const mostAtOnce = 25;
const oneMoreMs = 300_000;
/** Objects and events that are remembered: the oldest are forgotten first. */
const mostRemembered = 4096;
const longestMessage = 1024;
const component = 'millrace-operator';

interface Said {
  readonly event: Stored<Event> | undefined;
  readonly firstMs: number;
  writtenMs: number;
  count: number;
}

interface Allowance {
  left: number;
  readonly sinceMs: number;
}

/** A map that forgets what was put into it first. */
const remember = <V>(map: Map<string, V>, key: string, value: V): void => {
  map.delete(key);
  map.set(key, value);
  if (map.size > mostRemembered) map.delete(map.keys().next().value as string);
};

/**
 * Tells people what happens, as Events of the objects that it happens to. Telling is never a reason to fail: an event that cannot be written
 * is lost, and whoever says the same again and again, or too much, is written down less often.
 */
export class Events {
  private readonly options: EventsOptions;
  private readonly said = new Map<string, Said>();
  private readonly allowances = new Map<string, Allowance>();
  private leftOutCount = 0;

  constructor(options: EventsOptions) {
    this.options = options;
  }

  /** Events that were not written, since there were too many. */
  get leftOut(): number {
    return this.leftOutCount;
  }

  /** Resolves when it is written, or is known not to be; never rejects. */
  async tell(about: Stored<KubeObject>, notice: Notice): Promise<void> {
    const { uid } = about.metadata;
    const key = [uid, notice.type, notice.reason, notice.message].join('\n');
    const nowMs = this.options.system.clock.monotonicMs();
    const before = this.said.get(key);
    try {
      if (before !== undefined && nowMs - before.firstMs < sameMs) await this.again(before, nowMs);
      else if (this.mayTell(uid, nowMs)) await this.first(key, about, notice, nowMs);
      else this.leftOutCount++;
    } catch (error) {
      this.options.onFailure?.(error);
    }
  }

  private async first(key: string, about: Stored<KubeObject>, notice: Notice, nowMs: number): Promise<void> {
    const said = { event: undefined, firstMs: nowMs, writtenMs: nowMs, count: 1 };
    remember(this.said, key, said);
    const event = await this.options.client.create(events, this.eventOf(about, notice));
    remember(this.said, key, { ...said, event });
  }

  private async again(said: Said, nowMs: number): Promise<void> {
    said.count++;
    if (said.event === undefined || nowMs - said.writtenMs < countMs) return;
    said.writtenMs = nowMs;
    const { name, namespace = '', uid } = said.event.metadata;
    const patch = { count: said.count, lastTimestamp: this.timestamp() };
    await this.options.client.patch(events, { namespace, name }, patch, { uid });
  }

  private eventOf(about: Stored<KubeObject>, { type, reason, message }: Notice): Event {
    const { name, namespace = 'default', uid, resourceVersion } = about.metadata;
    const now = this.timestamp();
    return {
      apiVersion: 'v1',
      kind: 'Event',
      // As kubectl names them: the object's name and something that no other has.
      metadata: { namespace, name: `${name}.${this.options.system.random.id().slice(0, 16)}` },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        namespace,
        name,
        uid,
        resourceVersion,
      },
      type,
      reason,
      message: message.length > longestMessage ? `${message.slice(0, longestMessage - 1)}…` : message,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      source: { component },
      reportingComponent: component,
      reportingInstance: this.options.instance,
    };
  }

  private mayTell(uid: string, nowMs: number): boolean {
    const known = this.allowances.get(uid) ?? { left: mostAtOnce, sinceMs: nowMs };
    const earned = Math.floor((nowMs - known.sinceMs) / oneMoreMs);
    const left = Math.min(mostAtOnce, known.left + earned);
    const sinceMs = known.sinceMs + earned * oneMoreMs;
    remember(this.allowances, uid, { left: Math.max(0, left - 1), sinceMs });
    return left > 0;
  }

  private timestamp(): string {
    return `${new Date(this.options.system.clock.nowMs()).toISOString().slice(0, 19)}Z`;
  }
}
