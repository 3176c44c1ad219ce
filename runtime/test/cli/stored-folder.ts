import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, vi } from 'vitest';
import { type Called, call, folderWith, start } from './call-command.ts';

// A test starts the command several times, and each start takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

/** Counts the records of a source without an end, and prints each total. */
export const countingJob = `
import { valueState } from 'millrace';
import { generator } from 'millrace/connectors/generator';
import { print } from 'millrace/connectors/print';

class Count {
  open(context) { this.total = context.state(valueState('total', { type: 'number', default: 0 })); }
  process(_value, _context, output) {
    this.total.update(this.total.value() + 1);
    output.emit('total ' + this.total.value() + ';');
  }
}
export default (env) => {
  const totals = env.fromSource(generator({ generate: (n) => ({ name: 'a', n }), recordsPerSecond: 500 })).uid('numbers')
    .keyBy('name').process(new Count()).uid('count');
  totals.sinkTo(print());
};
`;

/** A manifest of the job `shop` with this block `spec.checkpoint.store`, and more lines of `spec`. */
export const manifestWith = (store: string, more = ''): string =>
  `apiVersion: millrace.dev/v1alpha1
kind: StreamJob
metadata:
  name: shop
spec:
  job:
    entry: job.ts
  checkpoint:
    interval: 100ms
    store:
      ${store}
${more}`;

export const storedManifest: string = manifestWith('directory: checkpoints');

/** The last total that a run has printed; 0 = none. */
export const lastTotal = (text: string): number => Number(/.*total (\d+);/s.exec(text)?.[1] ?? 0);

/** Lets the job run in a folder until it has printed a total, and stops it. */
export const runAWhile = async (
  folder: string,
  environment: Readonly<Record<string, string>> = {},
  ...words: readonly string[]
): Promise<Called> => {
  const running = start({ folder, environment }, 'run', 'job.yaml', ...words);
  await running.seen('total ');
  running.signal('SIGINT');
  return await running.ended;
};

/**
 * A folder with a job that was stopped in its middle, made once for a file of tests; each call gives a copy of its own. `more` is what
 * happens to it besides, before it is copied.
 */
export const storedFolder = (
  more: (folder: string) => Promise<void> = () => Promise.resolve(),
): (() => Promise<string>) => {
  const original = mkdtempSync(join(tmpdir(), 'millrace-stored-'));
  let made: Promise<void> | undefined;
  afterAll(() => rmSync(original, { recursive: true }));
  const make = async (): Promise<void> => {
    writeFileSync(join(original, 'job.ts'), countingJob);
    writeFileSync(join(original, 'job.yaml'), storedManifest);
    expect(await runAWhile(original)).toMatchObject({ code: 0 });
    await more(original);
  };
  return async () => {
    made ??= make();
    await made;
    const folder = folderWith();
    cpSync(original, folder, { recursive: true });
    return folder;
  };
};

/** All files below a folder, with what is in them. */
const filesIn = (folder: string): ReadonlyMap<string, string> => {
  const names = (readdirSync(folder, { recursive: true }) as string[]).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
};

/** The one uid of a job in the store of a folder. */
export const uidIn = (folder: string): string => {
  const [uid, ...others] = readdirSync(join(folder, 'checkpoints/jobs'));
  expect(others).toEqual([]);
  return uid as string;
};

/** What a run says of a store that it cannot use. */
export interface Refusal {
  readonly code?: number;
  readonly message: RegExp;
  readonly advice: RegExp;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * What a run must do about a store that it cannot use: say so, with these words and this advice, show nothing, begin with nothing, and leave
 * all that there is as it is.
 */
export const expectRefused = async (
  folder: string,
  { code = 2, message, advice, environment = {} }: Refusal,
  ...words: readonly string[]
): Promise<Called> => {
  const before = filesIn(folder);
  const called = await call({ folder, environment }, 'run', 'job.yaml', ...words);
  const complaint = called.error.slice(called.error.indexOf('error: '));
  expect(complaint).toMatch(message);
  expect(/what now +(.*)/.exec(complaint)?.[1]).toMatch(advice);
  expect(called.error).not.toMatch(/^ {4}at /m);
  expect(called).toMatchObject({ code, out: '' });
  const after = filesIn(folder);
  for (const [name, text] of before) expect(after.get(name) === text, name).toBe(true);
  return called;
};

interface StoredManifest {
  /** The path of its entry of the log. */
  readonly entry: string;
  /** The paths of its objects. */
  readonly objects: readonly string[];
}

/** The latest checkpoint in a folder, as files. */
export const latestIn = (folder: string): StoredManifest => {
  const root = join(folder, 'checkpoints/jobs', uidIn(folder));
  const numbers = readdirSync(join(root, 'log')).map(Number);
  for (const number of numbers.sort((one, other) => other - one)) {
    const entry = join(root, 'log', String(number));
    const text = readFileSync(entry, 'utf8');
    const { kind, manifest } = JSON.parse(text.slice(text.indexOf('\n'))) as {
      readonly kind: string;
      readonly manifest?: { readonly objects: readonly { readonly key: string }[] };
    };
    if (kind === 'manifest' && manifest !== undefined)
      return { entry, objects: manifest.objects.map(({ key }) => join(root, key)) };
  }
  throw new Error(`There is no checkpoint in ${folder}.`);
};
