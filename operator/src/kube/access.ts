import type { HttpSessionTls } from '../../../runtime/src/sys/http-session.ts';
import type { System } from '../../../runtime/src/sys/system.ts';

/** Where an API server is, and how one shows who one is. */
export interface Access {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: HttpSessionTls | undefined;
}

/** Credentials change while a program runs: tokens in a cluster are new every hour. */
export interface AccessSource {
  /** What to use for a call now. */
  current(): Promise<Access>;
  /** The server did not believe what `current` gave: the next one is made anew. */
  refused(): void;
}

/** How long what was read is believed, in ms: as long as Kubernetes' own clients do. */
const believedMs = 60_000;

/** Keeps what `read` gives for a while. */
export const rereadAccess = (clock: System['clock'], read: () => Promise<Access>): AccessSource => {
  let known: { readonly access: Promise<Access>; readonly readAtMs: number } | undefined;
  return {
    current: () => {
      const nowMs = clock.monotonicMs();
      if (known !== undefined && nowMs - known.readAtMs < believedMs) return known.access;
      const fresh = { access: read(), readAtMs: nowMs };
      known = fresh;
      fresh.access.catch(() => {
        if (known === fresh) known = undefined;
      });
      return fresh.access;
    },
    refused: () => {
      known = undefined;
    },
  };
};
