import type { System } from './system.ts';

/** Leaves text where whoever started this process looks when it has ended. Whether that works changes nothing any more. */
export const leaveWords = (
  { files, writeErrorNow }: Pick<System, 'files' | 'writeErrorNow'>,
  path: string | undefined,
  text: string,
): void => {
  if (path === undefined || path === '') return;
  try {
    const file = files.open(path, 'write');
    file.write(new TextEncoder().encode(text));
    file.close();
  } catch (error) {
    writeErrorNow(`The last words cannot be left in ${path}: ${(error as Error).message}\n`);
  }
};
