import { signEveryMs } from '../checkpoint/signs-of-life.ts';
import { reasonOf } from '../contract/reason.ts';
import type { Cancellable, System } from '../sys/system.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface SignOfLifeSettings {
  readonly system: Pick<System, 'timers'>;
  readonly logger: Logger;
  /** See `OpenedState`. */
  readonly sign: (isHere: boolean) => Promise<void>;
}

/** Says again and again in the store that a coordinator is there, from its beginning until it leaves. */
export class SignOfLife {
  private readonly settings: SignOfLifeSettings;
  private timer: Cancellable | undefined;
  private last: Promise<void> = Promise.resolve();
  private hasLeft: boolean = false;

  constructor(settings: SignOfLifeSettings) {
    this.settings = settings;
  }

  start(): void {
    this.last = this.give();
  }

  /** It leaves in order: nobody has to wait until it is thought gone. */
  async leave(): Promise<void> {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.timer?.cancel();
    await this.last;
    await this.tell(false);
  }

  private async give(): Promise<void> {
    await this.tell(true);
    if (this.hasLeft) return;
    this.timer = this.settings.system.timers.after(signEveryMs, () => this.start());
  }

  /** Without signs it is only thought gone too early, and nothing is lost by that. */
  private async tell(isHere: boolean): Promise<void> {
    try {
      await this.settings.sign(isHere);
    } catch (error) {
      this.settings.logger.debug(`A sign of life was not given: ${reasonOf(error)}`);
    }
  }
}
