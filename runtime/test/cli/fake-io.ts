import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CommandIo } from '../../src/cli/command-io.ts';
import { main } from '../../src/cli/main.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';

/** What one call of the command left behind. */
export interface Called {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** A folder with these files, gone after the test. */
export const folderWith = (files: Readonly<Record<string, string>> = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
};

/** Calls the command in a folder, without a terminal, in this process. */
export const call = async (folder: string, ...words: readonly string[]): Promise<Called> => {
  const texts = { out: '', error: '' };
  const system = createNodeSystem();
  const io: CommandIo = {
    system: {
      ...system,
      standardOutput: {
        write: (text) => {
          texts.out += text;
          return true;
        },
        whenDrained: () => undefined,
      },
    },
    workingDirectory: folder,
    environment: {},
    setVariable: () => undefined,
    out: (text) => {
      texts.out += text;
    },
    error: (text) => {
      texts.error += text;
    },
    terminal: undefined,
    onInterrupt: () => () => undefined,
  };
  const code = await main(words, io);
  return { code, ...texts };
};
