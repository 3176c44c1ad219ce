/** The program of the thread that runs a job's enumerators: parse, wire, run. Everything it does is in `coordinator`. */

import { runEnumeratorThread } from '../coordinator/enumerator-thread.ts';
import { createNodeSystem } from '../sys/node-system.ts';
import { nodeThreadPort } from '../sys/node-threads.ts';
import { committerOfKind } from './committer-of-kind.ts';

process.setSourceMapsEnabled(true);

await runEnumeratorThread(nodeThreadPort(), createNodeSystem(), committerOfKind);
