import { spawn } from 'node:child_process';
import { kubectlTool } from '../harness/tools.ts';

export interface KubectlAnswer {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the real kubectl; `input` is what `-f -` reads. How it ended is for the caller to look at. */
export const tryKubectl = (kubeconfig: string, args: readonly string[], input = ''): Promise<KubectlAnswer> =>
  new Promise((resolve, reject) => {
    const child = spawn(kubectlTool.path, [`--kubeconfig=${kubeconfig}`, ...args]);
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output, errors }));
    child.stdin.on('error', () => {}).end(input);
  });

/**
 * The output of kubectl.
 * @throws Error with what it says when it ends with anything but 0.
 */
export const kubectl = async (kubeconfig: string, args: readonly string[], input = ''): Promise<string> => {
  const { code, output, errors } = await tryKubectl(kubeconfig, args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${errors}`);
  return output;
};
