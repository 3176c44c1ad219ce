import type { StreamEnvironment } from 'millrace';
import { storedCount } from './stored-count.ts';

/** An endless count over `keys` integers, of which a hundredth is counted on when all are there. */
export default (env: StreamEnvironment, args: Readonly<Record<string, string>>): void => {
  const keys = Number(args['keys']);
  storedCount(Number.MAX_SAFE_INTEGER, keys, Math.ceil(keys / 100))(env, args);
};
