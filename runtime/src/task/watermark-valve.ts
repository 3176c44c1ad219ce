/**
 * Combines the watermarks of several channels: the least of those that are not idle; when all are, the valve is idle. The
 * result never goes back. A channel that ended holds its last watermark: it is +∞ when its input was complete, and after a
 * stop nothing may move past what was missed. (Flink: StatusWatermarkValve.)
 */
export class WatermarkValve {
  private readonly watermarks: Float64Array;
  private readonly silent: Uint8Array;
  private outputMs = -Infinity;

  constructor(channels: number) {
    this.watermarks = new Float64Array(channels).fill(-Infinity);
    this.silent = new Uint8Array(channels);
  }

  /** The combined watermark, −Infinity before the first. */
  get currentMs(): number {
    return this.outputMs;
  }

  /** True while every channel is idle. */
  get idle(): boolean {
    for (let i = 0; i < this.silent.length; i++) if (this.silent[i] === 0) return false;
    return true;
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
    let counting = false;
    for (let i = 0; i < this.watermarks.length; i++) {
      if (this.silent[i] === 1) continue;
      counting = true;
      least = Math.min(least, this.watermarks[i] as number);
    }
    if (!counting || least <= this.outputMs) return false;
    this.outputMs = least;
    return true;
  }
}
