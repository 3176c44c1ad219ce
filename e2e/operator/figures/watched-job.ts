import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamJobStatus } from '../../../runtime/src/contract/status.ts';
import { waitFor } from '../../cluster/cluster.ts';
import { kubectlTool } from '../../harness/tools.ts';
import type { JobOnNode } from '../job-on-node.ts';

/** A status, and when it came. */
interface Told {
  readonly atMs: number;
  readonly status: StreamJobStatus;
}

const lookMs = 10;
const limitMs = 120_000;

/** A job whose status is streamed and whose published parts are counted, so that looking costs the machine next to nothing. */
export class WatchedJob {
  readonly job: JobOnNode;
  private readonly told: Told[] = [];
  /** When each part could be seen. */
  private readonly seen = new Map<string, number>();
  private readonly watch: ReturnType<typeof spawn>;
  private readonly timer: NodeJS.Timeout;

  constructor(job: JobOnNode, folder: string) {
    this.job = job;
    this.watch = spawn(kubectlTool.path, [
      `--kubeconfig=${job.cluster.kubeconfig}`,
      '-n',
      job.namespace,
      'get',
      'streamjobs',
      '--watch',
      '--output=jsonpath={.status}{"\\n"}',
    ]);
    let rest = '';
    this.watch.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines)
        if (line !== '') this.told.push({ atMs: Date.now(), status: JSON.parse(line) as StreamJobStatus });
    });
    const parts = join(folder, 'counts');
    this.timer = setInterval(() => {
      if (!existsSync(parts)) return;
      for (const name of readdirSync(parts))
        if (!name.startsWith('.') && !this.seen.has(name)) this.seen.set(name, Date.now());
    }, lookMs);
  }

  get status(): StreamJobStatus {
    return this.told.at(-1)?.status ?? {};
  }

  /** When it was so first, since a moment. */
  async when(what: string, sinceMs: number, isSo: (status: StreamJobStatus) => boolean): Promise<number> {
    const find = (): Told | undefined =>
      this.told.find(({ atMs, status }) => atMs >= sinceMs && isSo(status));
    try {
      await waitFor(what, limitMs, () => find() !== undefined);
    } catch (error) {
      throw new Error(`${String(error)} ${JSON.stringify(this.status)}`, { cause: error });
    }
    return find()?.atMs ?? Number.NaN;
  }

  /** When output was published since a moment, in order. */
  commitsSince(sinceMs: number): readonly number[] {
    return [...this.seen.values()].filter((atMs) => atMs >= sinceMs).toSorted((one, other) => one - other);
  }

  close(): void {
    clearInterval(this.timer);
    this.watch.kill();
  }
}
