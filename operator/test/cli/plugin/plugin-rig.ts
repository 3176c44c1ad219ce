import { main } from '../../../src/cli/plugin/main.ts';
import type { PluginIo } from '../../../src/cli/plugin/plugin-io.ts';
import { answered } from '../../dev/support.ts';
import { ControllerRig } from '../../streamjob/controller-rig.ts';
import { written } from '../../streamjob/job-table.ts';

/** What a call has come to. */
export interface Called {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
  /** What kubectl was started with. */
  readonly kubectl: readonly string[];
}

/** A cluster in memory with an operator, and people in front of it. */
export class PluginRig extends ControllerRig {
  /** Where a forwarded port leads. */
  coordinatorUrl = '';
  protected override readonly longestStepMs = 1;

  /** Runs `kubectl millrace` with some words, in the namespace `default`. */
  async call(words: string, files: Readonly<Record<string, string>> = {}): Promise<Called> {
    const said = { output: '', errors: '' };
    let kubectl: readonly string[] = [];
    const { system } = this.machine;
    for (const [path, text] of Object.entries(files)) {
      const file = system.files.open(path, 'write');
      file.write(new TextEncoder().encode(text));
      file.close();
    }
    const io: PluginIo = {
      system,
      workingDirectory: '/',
      out: (text) => {
        said.output += text;
      },
      error: (text) => {
        said.errors += text;
      },
      forward: async (_choice, pod, port) => {
        kubectl = ['forward', pod, `${port}`];
        return { url: this.coordinatorUrl, close: () => kubectl.at(0) };
      },
      kubectl: async ({ namespace = '' }, words) => {
        kubectl = [...words, `--namespace=${namespace}`];
      },
      connect: async ({ namespace = 'default' }) => ({ client: this.client, namespace }),
    };
    const code = await answered(this.machine, main(words.split(' '), io));
    return { code, ...said, kubectl };
  }
}

/** A rig whose job `counts` runs with two slots. */
export const runningRig = async (spec: unknown = written('one')): Promise<PluginRig> => {
  const rig = new PluginRig();
  rig.startOperator();
  await rig.apply(spec);
  await rig.until('it runs', () => rig.status?.phase === 'Running');
  return rig;
};
