import { resolve } from 'node:path';
import type { Command } from 'commander';
import { checkStreamJob } from '../../../../../runtime/src/contract/check-stream-job.ts';
import { MillraceError } from '../../../../../runtime/src/contract/errors.ts';
import { formatProblems } from '../../../../../runtime/src/contract/format-problems.ts';
import { parseManifest } from '../../../../../runtime/src/contract/parse-manifest.ts';
import { reasonOf } from '../../../../../runtime/src/contract/reason.ts';
import type { StreamJobSpec } from '../../../../../runtime/src/contract/stream-job.ts';
import { annotations, revisionLabel } from '../../../streamjob/names.ts';
import type { RevisionData } from '../../../streamjob/resources/revision-objects.ts';
import { wantedRevision } from '../../../streamjob/revision.ts';
import { type JobPicture, readPicture, statusOf } from '../job-picture.ts';
import { allOptions, type OutputOptions, outputOption, print } from '../options.ts';
import type { PluginIo } from '../plugin-io.ts';
import { type FieldChange, specChanges } from '../spec-changes.ts';
import { type JobChange, planLines, refusedFields, verdictOf } from '../text/plan-text.ts';

interface PlanOptions extends OutputOptions {
  readonly filename?: string;
}

/** A spec of the cluster with its defaults in. */
const parsed = ({ job }: JobPicture, spec: unknown, whose: string): StreamJobSpec => {
  const { name, namespace } = job.metadata;
  const result = checkStreamJob({ ...job, metadata: { name, namespace }, spec });
  if (result.ok) return result.job.spec;
  const [first] = result.problems;
  throw new MillraceError(
    'manifest-invalid',
    `${whose} makes no sense: ${first?.path.join('.') ?? ''}: ${first?.message ?? ''}.`,
    { hint: 'Correct the manifest and apply it again.' },
  );
};

const specIn = (io: PluginIo, file: string, name: string): StreamJobSpec => {
  let text: string;
  try {
    text = io.system.files.readText(resolve(io.workingDirectory, file));
  } catch (error) {
    throw new MillraceError('io', `The manifest cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  const result = parseManifest(text, file);
  if (!result.ok) throw new MillraceError('manifest-invalid', formatProblems(result.problems));
  const { metadata, spec } = result.job;
  if (metadata.name === name) return spec;
  throw new MillraceError('manifest-invalid', `${file} is of the job “${metadata.name}”, not of “${name}”.`);
};

/** Other fields of a revision are as they were when it was made, which says nothing about now. */
const makesRevision = ({ change }: FieldChange): boolean => change === 'switch-over';

/** What the spec asks for and what runs, where that is another. */
const pendingFields = (picture: JobPicture, after: StreamJobSpec): readonly FieldChange[] => {
  const { revision, replicas = 0 } = statusOf(picture.job);
  const running = picture.revisions.find(
    ({ metadata }) => metadata.labels?.[revisionLabel] === revision?.current,
  );
  if (running === undefined) return [];
  const before = parsed(picture, (running.data as RevisionData).spec, `The revision ${revision?.current}`);
  const isRescaled = replicas > 0 && replicas !== after.parallelism;
  const slots = {
    path: ['parallelism'],
    change: 'rescale',
    before: replicas,
    after: after.parallelism,
  } as const;
  return [...specChanges(before, after).filter(makesRevision), ...(isRescaled ? [slots] : [])];
};

const changeOf = (io: PluginIo, picture: JobPicture, filename: string | undefined): JobChange => {
  const { job, revisions } = picture;
  const { name } = job.metadata;
  const now = parsed(picture, job.spec, `The spec of ${name}`);
  const spec = filename === undefined ? now : specIn(io, filename, name);
  const status = statusOf(job);
  const known = revisions.map(({ metadata, data }) => ({
    name: metadata.labels?.[revisionLabel] ?? '',
    spec: (data as RevisionData).spec,
    restart: (data as RevisionData).restart,
  }));
  const restart = job.metadata.annotations?.[annotations.restart];
  return {
    fields: filename === undefined ? pendingFields(picture, spec) : specChanges(now, spec),
    current: status.revision?.current,
    wanted: wantedRevision(io.system.hashing, spec, restart, known),
    spec,
    plan: status.plan,
  };
};

/** `kubectl millrace plan`, also called `diff`. */
export const addPlan = (program: Command, io: PluginIo): void => {
  program
    .command('plan')
    .alias('diff')
    .argument('<name>', 'of a StreamJob')
    .description(
      'Say what a change of a job does, field by field: one that is made already, or that of a file.',
    )
    .option('-f, --filename <file>', 'the manifest as it would be applied')
    .addOption(outputOption())
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = allOptions<PlanOptions>(command);
      const picture = await readPicture(await io.connect(options), name);
      const change = changeOf(io, picture, options.filename);
      const { spec: _spec, ...value } = change;
      print(io, options, { ...value, verdict: verdictOf(change) }, () => planLines(change));
      const refused = refusedFields(change);
      if (refused.length > 0)
        throw new MillraceError('conflict', `${refused.join(', ')} cannot change over the life of a job.`);
    });
};
