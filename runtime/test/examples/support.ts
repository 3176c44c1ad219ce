import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import type { SqliteValue } from '../../src/sys/sqlite.ts';
import type { System } from '../../src/sys/system.ts';

/** The folder of an example: what its manifest's relative paths start from. */
export const exampleFolder = (name: string): string =>
  fileURLToPath(new URL(`../../examples/${name}/`, import.meta.url));

/** A folder for what a job writes, gone after `use`. */
export const withFolder = async <R>(use: (folder: string) => Promise<R>): Promise<R> => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-example-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Rows of a database that a job has written. */
export const query = (file: string, sql: string): readonly Readonly<Record<string, SqliteValue>>[] => {
  const database = createNodeSystem().sqlite.open(resolve(file), 1000);
  try {
    return database
      .prepare(sql)
      .all([])
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
};

/** What a browser got from a live page: the page itself and every record. */
export interface Viewer {
  page: string;
  readonly records: unknown[];
  /** Settles when the job has said that nothing more comes. */
  ended: Promise<void>;
}

const readEvents = async (response: Response, viewer: Viewer): Promise<void> => {
  let text = '';
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += part;
  for (const event of text.split('\n\n')) {
    const [, data] = /^id: .*\ndata: (.*)$/.exec(event) ?? [];
    if (data !== undefined) viewer.records.push(JSON.parse(data));
  }
};

/** A machine on which somebody looks at every live page from before its first record. */
export const withViewer = (): { readonly system: System; readonly viewer: Viewer } => {
  const system = createNodeSystem();
  const viewer: Viewer = { page: '', records: [], ended: Promise.resolve() };
  const listen: System['http']['listen'] = async (handler, address) => {
    const server = await system.http.listen(handler, address);
    const url = `http://127.0.0.1:${server.port}/`;
    viewer.page = await (await fetch(url)).text();
    viewer.ended = readEvents(await fetch(`${url}events`), viewer);
    return server;
  };
  return { system: { ...system, http: { ...system.http, listen } }, viewer };
};

/** A machine that keeps what a job prints. */
export const withOutput = (): { readonly system: System; readonly lines: () => readonly string[] } => {
  let text = '';
  const standardOutput: System['standardOutput'] = {
    write: (part) => {
      text += part;
      return true;
    },
    whenDrained: () => undefined,
  };
  return { system: { ...createNodeSystem(), standardOutput }, lines: () => text.split('\n').slice(0, -1) };
};
