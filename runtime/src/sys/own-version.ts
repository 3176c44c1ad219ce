import { fileURLToPath } from 'node:url';
import type { System } from '../sys/system.ts';

/** The version of this package: from the nearest package.json above this file, in the source tree and packed alike. */
export const ownVersion = (system: System): string => {
  for (let directory = new URL('.', import.meta.url); ; directory = new URL('..', directory)) {
    const path = fileURLToPath(new URL('package.json', directory));
    if (system.files.stat(path) !== undefined) {
      const { name, version } = JSON.parse(system.files.readText(path)) as {
        name?: string;
        version?: string;
      };
      if (name === 'millrace' && version !== undefined) return version;
    }
    if (directory.pathname === '/') return '0.0.0';
  }
};
