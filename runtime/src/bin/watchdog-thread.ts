/** The program of the watchdog's thread: parse, wire, run. */
import { createNodeSystem } from '../sys/node-system.ts';
import { nodeThreadPort } from '../sys/node-threads.ts';
import { runWatchdog } from '../worker/watchdog.ts';

runWatchdog(nodeThreadPort(), createNodeSystem());
