import { expect, it } from 'vitest';
import { checkStreamJob } from '../../src/contract/check-stream-job.ts';
import { liveSettingsOf, liveSettingsSchema } from '../../src/contract/live-settings.ts';
import { childSchema, walkFields } from '../../src/contract/schema-walk.ts';
import { type StreamJob, streamJobSchema } from '../../src/contract/stream-job.ts';

/** The fields inside of blocks that are marked as live. */
const livePaths = (schema: Parameters<typeof walkFields>[0]): readonly string[] => {
  const paths: string[] = [];
  walkFields(schema, (path, { meta }) => {
    if (path.length > 1 && meta['change'] === 'live') paths.push(path.join('.'));
  });
  return paths.toSorted();
};

it('has exactly the fields that are marked as live', () => {
  expect(livePaths(liveSettingsSchema)).toEqual(livePaths(childSchema(streamJobSchema, 'spec') as never));
});

it('is picked from a spec, with its defaults, and understood by who is asked', () => {
  const result = checkStreamJob({
    apiVersion: 'millrace.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: 'counts' },
    spec: {
      job: { entry: 'job.ts' },
      checkpoint: { interval: '1s', store: { directory: 'state' } },
      restart: { strategy: 'None' },
    },
  }) as { readonly job: StreamJob };
  const settings = liveSettingsOf(result.job.spec);
  expect(settings).toEqual({
    checkpoint: {
      interval: '1s',
      retained: 3,
      timeout: '10m',
      minPause: '0s',
      tolerableFailures: 10,
      unaligned: { enabled: true, timeout: '10s' },
    },
    restart: { strategy: 'None' },
  });
  expect(liveSettingsSchema.parse(settings)).toEqual(settings);
});
