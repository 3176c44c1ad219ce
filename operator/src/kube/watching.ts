import { Buffer } from 'node:buffer';
import type { HttpCall, HttpCallError } from '../../../runtime/src/sys/http-session.ts';
import type { Cancellable, System } from '../../../runtime/src/sys/system.ts';
import { refusal, refusedWatch, type Status } from './answers.ts';
import { type Call, type Connections, requestOf, unanswered } from './calls.ts';
import type { Watch, WatchEvent, WatchListener } from './client.ts';
import { KubeError } from './errors.ts';
import { Lines } from './lines.ts';
import type { KubeObject, Stored } from './objects.ts';

/** What a watch may take. */
export interface WatchLimits {
  /** Until the server says that the watch is there. */
  readonly headTimeoutMs: number;
  /** In all: the server ends it before. */
  readonly timeoutMs: number;
  /** Of one event. */
  readonly mostBytes: number;
}

/** An event as the server writes it. */
interface RawEvent {
  readonly type: string;
  readonly object: object;
}

/** A call whose answer is one event a line, for as long as it lasts. */
export class OpenWatch<O extends KubeObject> implements Watch {
  private readonly call: Call;
  private readonly limits: WatchLimits;
  private readonly listener: WatchListener<O>;
  private readonly timers: System['timers'];
  private readonly lines: Lines;
  private under: HttpCall | undefined;
  private limit: Cancellable | undefined;
  private status = 0;
  private headers: Readonly<Record<string, string>> = {};
  /** Of an answer that is no success. */
  private readonly refusalParts: Uint8Array[] = [];
  private refusalBytes = 0;
  private over = false;

  constructor(call: Call, limits: WatchLimits, timers: System['timers'], listener: WatchListener<O>) {
    this.call = call;
    this.limits = limits;
    this.timers = timers;
    this.listener = listener;
    this.lines = new Lines(limits.mostBytes, (line) => this.onLine(line));
  }

  async start(connections: Connections): Promise<void> {
    try {
      const { session, access } = await connections.session(this.call.what);
      if (this.over) return;
      this.wait(this.limits.headTimeoutMs);
      this.under = session.begin(requestOf(this.call, access), {
        onHead: (status, headers) => {
          if (status === 401) connections.refused();
          this.onHead(status, headers);
        },
        onBytes: (bytes) => this.onBytes(bytes),
        onEnded: (error) => this.onAnswerEnded(error),
      });
    } catch (error) {
      this.end(KubeError.is(error) ? error : unanswered(this.call.what, error as Error));
    }
  }

  close(): void {
    this.over = true;
    this.limit?.cancel();
    this.under?.cancel();
  }

  private onHead(status: number, headers: Readonly<Record<string, string>>): void {
    this.status = status;
    this.headers = headers;
    this.wait(this.limits.timeoutMs);
  }

  private onBytes(bytes: Uint8Array): void {
    if (this.over) return;
    if (this.status !== 200) {
      this.refusalBytes += bytes.length;
      if (this.refusalBytes <= this.limits.mostBytes) this.refusalParts.push(bytes);
      return;
    }
    try {
      this.lines.take(bytes);
    } catch (error) {
      this.end(unanswered(this.call.what, error as Error));
    }
  }

  private onAnswerEnded(error: HttpCallError | undefined): void {
    const { what } = this.call;
    if (error !== undefined) this.end(unanswered(what, error));
    else if (this.status !== 200) {
      this.end(refusal(what, this.status, Buffer.concat(this.refusalParts).toString('utf8'), this.headers));
    } else if (this.lines.pendingBytes > 0) this.end(unanswered(what, 'it broke off within an event'));
    else this.end(undefined);
  }

  private onLine(line: string): void {
    if (this.over) return;
    const { type, object } = JSON.parse(line) as RawEvent;
    if (type === 'ERROR') this.end(refusedWatch(this.call.what, object as Status));
    else this.listener.onEvent(eventOf<O>(type, object as Stored<O>));
  }

  private wait(timeoutMs: number): void {
    this.limit?.cancel();
    this.limit = this.timers.after(timeoutMs, () =>
      this.end(unanswered(this.call.what, `it took more than ${timeoutMs} ms`)),
    );
  }

  private end(error: KubeError | undefined): void {
    if (this.over) return;
    this.close();
    this.listener.onEnded(error);
  }
}

const eventOf = <O extends KubeObject>(type: string, object: Stored<O>): WatchEvent<O> => {
  if (type === 'BOOKMARK') return { type, resourceVersion: object.metadata.resourceVersion };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') return { type, object };
  throw new TypeError(`an event of the type ${type} came`);
};
