import type { TaskWatermark } from '../checkpoint/slot-snapshot.ts';
import type { TimeBudget } from './budget.ts';
import type { Chain } from './chain.ts';

/** How far event time is in each link of a chain, and in what its subtask has told others. */
export class LinkWatermarks {
  /** The last that went to others. */
  outputMs: number = -Infinity;
  private readonly chain: Chain;
  /** The last that each link was told. */
  private readonly told: number[];

  constructor(chain: Chain) {
    this.chain = chain;
    this.told = chain.links.map(() => -Infinity);
  }

  tell(position: number, timeMs: number): void {
    this.told[position] = timeMs;
  }

  /** What a snapshot says of it; `uid` is that of the task. */
  snapshot(uid: string): TaskWatermark {
    const links = this.chain.links.map((link, i) => ({
      uid: link.uid,
      watermarkMs: this.told[i] as number,
    }));
    return { uid, links, outputMs: this.outputMs };
  }

  /**
   * After the state was loaded and before the first step: event time goes on from where it was. Nothing fires: what was due has fired
   * before, and a timer that was registered for a time that had passed waits for the next watermark. Gives the last watermark that came to the subtask.
   */
  restore({ links: marks, outputMs }: TaskWatermark, budget: TimeBudget): number {
    const { links } = this.chain;
    const restoredMs = (uid: string | undefined): number =>
      marks.find((mark) => mark.uid === uid)?.watermarkMs ?? -Infinity;
    links.forEach(({ uid, processor }, i) => {
      const next = links[i + 1];
      processor.restoreOutputWatermark?.(next === undefined ? outputMs : restoredMs(next.uid));
      const watermarkMs = restoredMs(uid);
      this.told[i] = watermarkMs;
      if (watermarkMs === -Infinity) return;
      if (processor.restoreWatermark !== undefined) processor.restoreWatermark(watermarkMs);
      else while (!this.chain.advanceWatermark(i, watermarkMs, budget.renew()));
    });
    return links.length === 0 ? outputMs : restoredMs(links[0]?.uid);
  }
}
