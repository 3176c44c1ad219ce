/**
 * Combines the watermarks of several channels: the least of those that are not idle; when all are, the valve is idle. The
 * result never goes back. A channel that ended holds its last watermark: it is +∞ when its input was complete, and after a
 * stop nothing may move past what was missed. +∞ is passed on only when every channel is there: an idle one may wake up, and
 * all its records would be late. (Flink: StatusWatermarkValve, but for that.)
 */
export class WatermarkValve {
  private readonly watermarks: Float64Array;
  private readonly silent: Uint8Array;
  private outputMs = -Infinity;

  constructor(channels: number) {
    this.watermarks = new Float64Array(channels).fill(-Infinity);
    this.silent = new Uint8Array(channels);
  }

  /** Begins at a watermark that all channels together have reached before. */
  restore(watermarkMs: number): void {
    this.outputMs = watermarkMs;
  }

  /** The combined watermark, −Infinity before the first. */
  get currentMs(): number {
    return this.outputMs;
  }

  /** The last watermark of one channel, −Infinity before the first. */
  watermarkOf(channel: number): number {
    return this.watermarks[channel] as number;
  }

  /** True while every channel that may still give records is idle. */
  get idle(): boolean {
    let found = false;
    for (let i = 0; i < this.silent.length; i++) {
      if (this.silent[i] === 1) found = true;
      else if (this.watermarks[i] !== Infinity) return false;
    }
    return found;
  }

  /** Each of these returns true when the combined watermark has moved. */
  advance(channel: number, timeMs: number): boolean {
    this.silent[channel] = 0;
    if (timeMs <= (this.watermarks[channel] as number)) return false;
    this.watermarks[channel] = timeMs;
    return this.update();
  }

  markActive(channel: number): void {
    this.silent[channel] = 0;
  }

  markIdle(channel: number): boolean {
    this.silent[channel] = 1;
    return this.update();
  }

  private update(): boolean {
    let least = Infinity;
    let idleChannels = 0;
    for (let i = 0; i < this.watermarks.length; i++) {
      if (this.silent[i] === 1) idleChannels++;
      else least = Math.min(least, this.watermarks[i] as number);
    }
    if (least === Infinity && idleChannels > 0) return false;
    if (least <= this.outputMs) return false;
    this.outputMs = least;
    return true;
  }
}
