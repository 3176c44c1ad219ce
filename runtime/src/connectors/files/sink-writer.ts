import { dirname, join, resolve } from 'node:path';
import type { ConnectorContext, TwoPhaseSinkWriter } from '../../api/connectors.ts';
import type { Batch } from '../../batch/batch.ts';
import type { Cancellable } from '../../sys/system.ts';
import { CsvWriter } from '../formats/csv-text.ts';
import { toJsonText } from '../formats/json-text.ts';
import { publishPart } from './commit.ts';
import { withFile } from './io-error.ts';
import { Part, type SealedPart } from './part.ts';
import { createPartitioner, type Partitioner } from './partition.ts';
import type { FileSinkSettings } from './sink-options.ts';
import { syncDirectory } from './sync-directory.ts';

/** Parts that one writer has open at most; beyond that the one that was written to longest ago is finished. */
const mostOpenParts = 100;

/**
 * Writes the records of one subtask. Under checkpoints a finished part waits, hidden, for `prepare`; without them it becomes
 * visible at once.
 */
export class FileSinkWriter implements TwoPhaseSinkWriter<SealedPart> {
  private readonly settings: FileSinkSettings;
  private readonly context: ConnectorContext;
  private readonly directory: string;
  private readonly partitionOf: Partitioner;
  private readonly csv: CsvWriter | undefined;
  /** By partition, those written to last at the end. */
  private readonly parts = new Map<string, Part>();
  /** Finished and being made durable, for the next checkpoint. */
  private sealed: Promise<SealedPart>[] = [];
  private readonly run: string;
  private created = 0;
  private timer: Cancellable | undefined;

  constructor(settings: FileSinkSettings, context: ConnectorContext) {
    this.settings = settings;
    this.context = context;
    this.directory = resolve(context.baseDirectory, settings.directory);
    this.partitionOf = createPartitioner(settings.partitionBy);
    this.csv = settings.format === 'csv' ? new CsvWriter(settings.delimiter, settings.columns) : undefined;
    this.run = context.system.random.id().slice(-8);
    withFile('make the directory', this.directory, () => context.system.files.makeDirectory(this.directory));
  }

  write(batch: Batch): void {
    const rows = batch.rows();
    for (let i = 0; i < batch.length; i++) {
      const row = rows[i];
      const line = this.csv === undefined ? `${toJsonText(row)}\n` : this.csv.line(row);
      const partition = this.partitionOf(row, batch.timestamps[i] as number);
      const part = this.partOf(partition);
      part.addRecord(line);
      if (part.records >= this.settings.rollRecords || part.sizeBytes >= this.settings.rollBytes) {
        this.finish(partition, part);
      }
    }
    this.rollLater();
  }

  async flush(): Promise<void> {
    for (const [partition, part] of this.parts) this.finish(partition, part);
  }

  async prepare(): Promise<readonly SealedPart[]> {
    for (const [partition, part] of this.parts) this.finish(partition, part);
    const sealing = this.sealed;
    this.sealed = [];
    const sealed = await Promise.all(sealing);
    await this.syncDirectories(sealed);
    return sealed;
  }

  /** What is neither visible nor prepared has failed, or is written again after a restart. */
  async close(): Promise<void> {
    this.timer?.cancel();
    for (const part of this.parts.values()) part.discard();
    this.parts.clear();
    const sealing = this.sealed;
    this.sealed = [];
    for (const ended of await Promise.allSettled(sealing)) {
      if (ended.status === 'fulfilled') this.context.system.files.remove(ended.value.from);
    }
  }

  private partOf(partition: string): Part {
    const known = this.parts.get(partition);
    if (known !== undefined) {
      if (this.parts.size > 1) {
        this.parts.delete(partition);
        this.parts.set(partition, known);
      }
      return known;
    }
    for (const [oldest, part] of this.parts) {
      if (this.parts.size < mostOpenParts) break;
      this.finish(oldest, part);
    }
    const { system, subtask, attempt } = this.context;
    const { prefix, format } = this.settings;
    const name = `${prefix}-${subtask}-${attempt}-${this.run}-${this.created++}.${format}`;
    const owner = this.context.checkpoints === true ? this.context.owner : undefined;
    const nowMs = system.clock.monotonicMs();
    const part = new Part(system.files, join(this.directory, partition), name, nowMs, owner);
    if (this.csv !== undefined) part.append(this.csv.header());
    this.parts.set(partition, part);
    return part;
  }

  private finish(partition: string, part: Part): void {
    this.parts.delete(partition);
    if (this.context.checkpoints !== true) return publishPart(this.context.system.files, part.seal());
    const sealing = part.sealSoon();
    // Whoever prepares hears of it too, but perhaps much later.
    sealing.catch((error: unknown) => this.context.fail(error));
    this.sealed.push(sealing);
  }

  /** The names of parts, and of the directories that were made for them, outlive a power cut as well. */
  private async syncDirectories(parts: readonly SealedPart[]): Promise<void> {
    const paths = new Set<string>();
    for (const { from } of parts) {
      for (let path = dirname(from); !paths.has(path); path = dirname(path)) {
        paths.add(path);
        if (path === this.directory) break;
      }
    }
    await Promise.all([...paths].map((path) => syncDirectory(this.context.system.files, path)));
  }

  /** A part is finished in time also when no record comes. */
  private rollLater(): void {
    if (
      this.timer !== undefined ||
      this.parts.size === 0 ||
      this.settings.rollIntervalMs === Number.POSITIVE_INFINITY
    )
      return;
    const { clock, timers } = this.context.system;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const part of this.parts.values()) firstMs = Math.min(firstMs, part.openedMs);
    const waitMs = firstMs + this.settings.rollIntervalMs - clock.monotonicMs();
    this.timer = timers.after(Math.max(0, waitMs), () => {
      this.timer = undefined;
      try {
        this.rollDue(clock.monotonicMs());
      } catch (error) {
        this.context.fail(error);
      }
    });
  }

  private rollDue(nowMs: number): void {
    for (const [partition, part] of this.parts) {
      if (nowMs - part.openedMs >= this.settings.rollIntervalMs) this.finish(partition, part);
    }
    this.rollLater();
  }
}
