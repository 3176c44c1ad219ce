/** The program of a thread that runs one slot: parse, wire, run. Everything it does is in `worker` and `task`. */
import { createNodeSystem } from '../sys/node-system.ts';
import { nodeThreadPort } from '../sys/node-threads.ts';
import { runSlotThread } from '../worker/slot-thread.ts';

process.setSourceMapsEnabled(true);

await runSlotThread(nodeThreadPort(), createNodeSystem());
