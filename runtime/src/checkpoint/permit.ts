import { leads, type Me, type Protocol } from './decide.ts';
import type { ManifestSink } from './manifest.ts';
import { names, type Standing } from './standing.ts';

/**
 * Permission to make committables visible: nobody gets one but by asking the log, and whoever commits asks for one. It holds for what
 * was published when it was given; another leader may appear at any time after that, and then both may commit the same, which is why
 * commits must be repeatable.
 */
export class CommitPermit {
  readonly term: number;
  readonly attempt: number;
  /** What may be made visible. */
  readonly sinks: readonly ManifestSink[];
  // A private field: no object of another making has the type of a permit.
  readonly #from: number;

  private constructor(standing: Standing, sinks: readonly ManifestSink[]) {
    this.term = standing.term;
    this.attempt = standing.attempt;
    this.sinks = sinks;
    this.#from = standing.number;
  }

  /** A permit for the leader; undefined = it does not lead, or the log goes on behind what it knows. */
  static give(standing: Standing, me: Me, highest: number, protocol: Protocol): CommitPermit | undefined {
    if (!leads(standing, me) || !protocol.isNewest(standing.number, highest)) return undefined;
    return new CommitPermit(standing, protocol.committable(standing));
  }

  /** The entry of the log that it was given after. */
  get entry(): number {
    return this.#from;
  }

  allows(uid: string, id: string): boolean {
    return names(this.sinks, uid, id);
  }
}
