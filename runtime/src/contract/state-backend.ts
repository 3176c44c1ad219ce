import * as z from 'zod';
import { about, block, inCel, type Rule, text, type Written } from './field.ts';

/** Where a running job keeps its state. Checkpoints are the same for all backends, so that any of them goes on from any other. */
export interface StateBackend {
  readonly type: 'Memory' | 'Disk';
  readonly directory?: string | undefined;
}

const directoryOnlyOnDisk: Rule = inCel(
  ({ type, directory }) =>
    directory !== undefined && type !== 'Disk'
      ? [
          {
            path: ['directory'],
            expected: 'no directory while the type is Memory',
            found: 'a directory',
            hint: 'Write type: Disk beside it, or remove it. Where checkpoints go is said by spec.checkpoint.store.',
          },
        ]
      : [],
  {
    rule: "!has(self.directory) || self.type == 'Disk'",
    message: 'expected no directory while the type is Memory',
  },
);

export const stateBackendSchema: z.ZodType<StateBackend, Written<StateBackend>> = block(
  {
    type: z
      .enum(['Memory', 'Disk'])
      .default('Memory')
      .meta(
        about(
          'switch-over',
          'Memory keeps all state in memory. Disk keeps what process functions remember, numbers and keys excepted, in memory as far as there is room, and else on the local disk.',
          { alsoKnownAs: ['backend', 'kind'] },
        ),
      ),
    directory: text(1024)
      .optional()
      .meta(
        about(
          'switch-over',
          'A directory of the machine that a worker runs on, relative to the manifest. It holds nothing that counts: it may be empty at every start.',
          {
            absent: 'the directory of the machine for temporary files',
            alsoKnownAs: ['path', 'localDirectory'],
          },
        ),
      ),
  },
  directoryOnlyOnDisk,
);
