import { nodeCompression } from '../../../src/sys/node-compression.ts';
import { nodeSqlite } from '../../../src/sys/node-sqlite.ts';
import type { System } from '../../../src/sys/system.ts';
import type { LogFields, Logger } from '../../../src/telemetry/logger.ts';
import { ManualSystem } from '../../transforms/manual-system.ts';
import { MemoryFiles } from './memory-files.ts';

/** A machine with a clock that a test moves, a disk in memory, real compression and SQLite, and recorded output. */
export class TestSystem {
  readonly files = new MemoryFiles();
  readonly manual = new ManualSystem(1_000_000);
  readonly system: System;
  printed = '';
  /** How many texts the output takes before it asks to wait. */
  outputRoom: number = Number.POSITIVE_INFINITY;
  /** Files that are being decompressed now. */
  compressing = 0;
  readonly logged: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = [];
  readonly logger: Logger;
  private readonly drainCallbacks: (() => void)[] = [];

  constructor() {
    const record =
      (level: string) =>
      (message: string, fields: LogFields = {}): void =>
        void this.logged.push({ level, message, fields });
    this.logger = {
      error: record('error'),
      warn: record('warn'),
      info: record('info'),
      debug: record('debug'),
      isEnabled: () => true,
      child: () => this.logger,
    };
    this.system = {
      ...this.manual.system,
      files: this.files,
      compression: {
        ...nodeCompression,
        decompressor: (format, onReady) => {
          this.compressing++;
          const decompressor = nodeCompression.decompressor(format, onReady);
          const close = decompressor.close.bind(decompressor);
          decompressor.close = () => {
            this.compressing--;
            close();
          };
          return decompressor;
        },
      },
      sqlite: nodeSqlite,
      standardOutput: {
        write: (text) => {
          this.printed += text;
          return --this.outputRoom > 0;
        },
        whenDrained: (callback) => void this.drainCallbacks.push(callback),
      },
    };
  }

  /** The reader of the output has caught up. */
  drain(): void {
    this.outputRoom = Number.POSITIVE_INFINITY;
    for (const callback of this.drainCallbacks.splice(0)) callback();
  }
}
