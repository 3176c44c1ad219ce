import type { DurableFiles } from '../src/sys/durable-files.ts';

/** No durable files: what is durable in the simulated world is in its store. */
export const absentDurableFiles = (absent: (what: string) => never): DurableFiles => {
  const refuse = (): never => absent('durable files');
  return {
    create: refuse,
    read: refuse,
    link: refuse,
    rename: refuse,
    remove: refuse,
    makeDirectory: refuse,
    removeEmptyDirectory: refuse,
    syncDirectory: refuse,
    list: refuse,
    realPath: refuse,
  };
};
