import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The processes that a process has started and that still run; none where there is no /proc. */
const childrenOf = (processId: number): readonly number[] => {
  const tasks = `/proc/${processId}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((task) => {
    const path = `${tasks}/${task}/children`;
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number);
  });
};

const commandOf = (processId: number): string => {
  const path = `/proc/${processId}/cmdline`;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
};

/** The workers among them: whoever runs a job also has a process that bundles it. */
export const workersOf = (processId: number): readonly number[] =>
  childrenOf(processId).filter((child) => /bin\/worker\.[jt]s/.test(commandOf(child)));
