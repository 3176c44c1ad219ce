import type { PollResult, SourceReaderContext } from '../../api/connectors.ts';
import type { ActiveSplit } from '../../api/split-reader.ts';
import type { Cancellable } from '../../sys/system.ts';
import { findByIdentity } from './find.ts';
import { withFile } from './io-error.ts';
import type { FilesSettings } from './options.ts';
import { type ReadProgress, SplitInHand } from './read-split.ts';
import type { FileSplit } from './split.ts';

/** A split whose file is gone: nothing to read, and nothing hidden about it. */
const missingSplit = (split: FileSplit, context: SourceReaderContext<unknown>): ActiveSplit<FileSplit> => {
  context.logger.error('A followed file is gone; what was not read of it is lost.', {
    file: split.path,
    position: split.next,
  });
  return { poll: () => 'end', snapshot: () => split, close: () => {} };
};

/**
 * Follows one file, under whatever name it is found: waits at its end, begins again when it was truncated, and ends some
 * time after another file took its name or it was removed.
 */
class FollowedSplit extends SplitInHand {
  private timer: Cancellable | undefined;
  private rotatedSinceMs: number | undefined;
  private ended = false;

  override poll(): PollResult {
    const result = super.poll();
    if (result === 'more') {
      if (!this.ended) this.rotatedSinceMs = undefined;
      return result;
    }
    if (result === 'end') return 'end';
    this.restartIfTruncated();
    if (this.isRotated() && this.hasWaitedLongEnough()) {
      this.ended = true;
      this.open.stream.endSupply();
      return 'more';
    }
    this.wakeLater();
    return 'waiting';
  }

  override nearEnd(): boolean {
    return true;
  }

  override close(): void {
    this.timer?.cancel();
    super.close();
  }

  private restartIfTruncated(): void {
    const { stream } = this.open;
    const { sizeBytes } = withFile('look at', this.split.path, () => this.file.status());
    if (sizeBytes >= stream.position + stream.partialBytes) return;
    this.context.logger.warn('A followed file was truncated; it is read again from its start.', {
      file: this.split.path,
      position: stream.position,
      sizeBytes,
    });
    this.reopen();
  }

  private isRotated(): boolean {
    const status = withFile('look at', this.split.path, () =>
      this.context.system.files.stat(this.split.path),
    );
    return status?.identity !== this.split.identity;
  }

  /** Whoever writes the file may not know yet that it was renamed. */
  private hasWaitedLongEnough(): boolean {
    const nowMs = this.context.system.clock.monotonicMs();
    this.rotatedSinceMs ??= nowMs;
    return nowMs - this.rotatedSinceMs >= (this.settings.follow?.rotatedMs ?? 0);
  }

  private wakeLater(): void {
    if (this.timer !== undefined) return;
    this.timer = this.context.system.timers.after(this.settings.follow?.pollMs ?? 0, () => {
      this.timer = undefined;
      this.context.wake();
    });
  }
}

/** Begins or goes on to follow a file; one that was renamed since is looked for in its directory. */
export const followSplit = (
  split: FileSplit,
  settings: FilesSettings,
  context: SourceReaderContext<unknown>,
  progress: ReadProgress,
): ActiveSplit<FileSplit> => {
  const path = withFile('find', split.path, () =>
    findByIdentity(split.path, split.identity, context.system.files),
  );
  if (path === undefined) return missingSplit(split, context);
  return new FollowedSplit(split, path, settings, context, progress);
};
