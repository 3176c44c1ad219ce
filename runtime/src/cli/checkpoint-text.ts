import type { Classified } from '../checkpoint/gc.ts';
import type { LogEntry } from '../checkpoint/log-entry.ts';
import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import { readWatermark } from '../checkpoint/manifest.ts';
import type { Standing } from '../checkpoint/standing.ts';
import { shortBytes, watermarkText } from './numbers.ts';

const timeText = (atMs: number): string => watermarkText(atMs);
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const sizeOf = ({ objects }: CheckpointManifest): number =>
  objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

const manifestLine = (manifest: CheckpointManifest): string => {
  const { kind, checkpointId, objects } = manifest;
  return `${kind} ${checkpointId}, ${counted(objects.length, 'object')}, ${shortBytes(sizeOf(manifest))}`;
};

const bodyText = (entry: LogEntry): string => {
  switch (entry.kind) {
    case 'claim':
      return `claimed by ${entry.writer}, deployment ${entry.deployment}`;
    case 'manifest':
      return manifestLine(entry.manifest);
    case 'committed':
      return `committed ${counted(
        entry.sinks.reduce((sum, { ids }) => sum + ids.length, 0),
        'part',
      )} of output`;
    case 'handOver':
      return `handed over from ${entry.from} to ${entry.to}`;
    case 'rolledBack':
      return `rolled back to entry ${entry.to}`;
    case 'stopped':
      return entry.savepoint === undefined ? entry.how : `${entry.how} with savepoint ${entry.savepoint}`;
    case 'released':
    case 'promoted':
      return `${entry.kind} the hand-over of entry ${entry.handOver}`;
  }
};

/** The log, one entry a line; the checkpoint that a job would go on from is marked. */
export const logText = (standing: Standing, entries: readonly LogEntry[], place: string): string => {
  const { jobUid, term, attempt, line, stopped } = standing;
  const latest = line.at(-1)?.number;
  const counting = new Set(line.map(({ number }) => number));
  const rows = entries.map((entry) => {
    const { number, atMs } = entry;
    const isGone = entry.kind === 'manifest' && !counting.has(number);
    const mark = number === latest ? '  ← latest' : isGone ? '  (rolled back)' : '';
    return `${String(number).padStart(8)}  ${timeText(atMs)}  ${String(entry.term).padStart(4)}  ${String(entry.attempt).padStart(7)}  ${bodyText(entry)}${mark}`;
  });
  const state = stopped === undefined ? `term ${term}, attempt ${attempt}` : stopped;
  return [
    `job ${jobUid} in ${place}: ${state}`,
    `   entry  ${'time (UTC)'.padEnd(19)}  term  attempt  what`,
    ...rows,
  ].join('\n');
};

/** One checkpoint: where its sources were, what its sinks have prepared, what holds its state. */
export const manifestText = (manifest: CheckpointManifest, objectLines: boolean): string => {
  const { jobName, createdMs, attempt, slots, maxParallelism, runtimeVersion, artifact } = manifest;
  const lines = [
    `${manifestLine(manifest)}`,
    `job        ${jobName}, attempt ${attempt}, ${counted(slots, 'slot')}, ${maxParallelism} key groups`,
    `taken      ${timeText(createdMs)} by Millrace ${runtimeVersion}, artifact ${artifact}`,
  ];
  for (const { uid, readers } of manifest.sources) {
    const splits = readers.reduce((sum, reader) => sum + reader.splits.length, 0);
    const known = readers.flatMap(({ watermarks }) =>
      watermarks.map(({ watermarkMs }) => readWatermark(watermarkMs)),
    );
    lines.push(
      `source     ${uid}: ${counted(splits, 'split')}, watermark ${watermarkText(Math.min(...known))}`,
    );
  }
  for (const { uid, kind, name } of manifest.transforms) lines.push(`transform  ${uid}: ${kind} ${name}`);
  for (const { uid, name, kind, type } of manifest.schemas)
    lines.push(`state      ${uid}.${name}: ${kind}${type === undefined ? '' : ` of ${type}`}`);
  for (const { uid, kind, committables } of manifest.sinks)
    lines.push(`sink       ${uid}: ${kind}, ${counted(committables.length, 'part')} prepared`);
  if (objectLines)
    for (const { key, sizeBytes, keyGroups } of manifest.objects)
      lines.push(
        `object     ${key}: ${shortBytes(sizeBytes)}, key groups ${keyGroups === '' ? 'none' : keyGroups}`,
      );
  return lines.join('\n');
};

/** What the objects of a job are for, and which of them gc removes. */
export const garbageText = (found: readonly Classified[], isDryRun: boolean): string => {
  const byUse = Object.entries(Object.groupBy(found, ({ use }) => use)).map(([use, objects]) => {
    const bytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return `${use.padEnd(10)}  ${String(objects.length).padStart(8)}  ${shortBytes(bytes)}`;
  });
  const garbage = found.filter(({ use }) => use === 'garbage');
  const verb = isDryRun ? 'would be removed' : 'removed';
  return [
    ...byUse,
    ...garbage.map(({ key }) => `${verb}: ${key}`),
    `${counted(garbage.length, 'object')} ${verb}`,
  ].join('\n');
};
