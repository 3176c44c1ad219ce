import { checkOptions } from '../../api/connector-options.ts';
import type { TwoPhaseSink } from '../../api/connectors.ts';
import { createPartCommitter } from './commit.ts';
import type { SealedPart } from './part.ts';
import { type FileSinkOptions, fileSinkOptionsSchema, toSinkSettings } from './sink-options.ts';
import { FileSinkWriter } from './sink-writer.ts';

/**
 * A sink that writes records to files of its own, `prefix-subtask-attempt-run-number.format`. A part is hidden
 * (`.….inprogress`) while it is written and renamed when it is whole, so that readers never see half of one. Exactly once
 * under checkpoints: parts become visible when the checkpoint is complete that has them, and what a crash leaves behind is removed by the
 * next attempt. Take visible files away only when a later checkpoint is complete; jobs that write into one directory have names of their
 * own. Without checkpoints a part becomes visible when it is finished, and a restarted job writes its records again.
 * @throws MillraceError job-invalid when an option is wrong.
 */
export const fileSink = <T>(options: FileSinkOptions): TwoPhaseSink<T, SealedPart> => {
  checkOptions('fileSink', fileSinkOptionsSchema, options);
  const settings = toSinkSettings(options);
  return {
    kind: 'files',
    delivery: 'exactly-once',
    createWriter: (context) => new FileSinkWriter(settings, context),
    createCommitter: (context) => createPartCommitter(settings, context),
  };
};
