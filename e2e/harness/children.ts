import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The processes that a process has started and that still run; none where there is no /proc. */
export const childrenOf = (processId: number): readonly number[] => {
  const tasks = `/proc/${processId}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((task) => {
    const path = `${tasks}/${task}/children`;
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number);
  });
};
