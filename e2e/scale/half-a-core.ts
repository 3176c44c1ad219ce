/** A program that starts another with half of a core: it stands still for 50 of each 100 ms, as under a quota of the kernel's scheduler. */
import { spawn } from 'node:child_process';

const halfMs = 50;
const [command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: 'inherit' });
const timer = setInterval(() => {
  child.kill('SIGSTOP');
  setTimeout(() => child.kill('SIGCONT'), halfMs);
}, 2 * halfMs);
child.once('exit', (code) => {
  clearInterval(timer);
  process.exitCode = code ?? 1;
});
process.on('SIGTERM', () => void child.kill('SIGTERM'));
