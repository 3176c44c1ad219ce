import { describe, expect, it } from 'vitest';
import { Collected, collect } from '../../../src/connectors/collect/index.ts';
import { collection } from '../../../src/connectors/collection/index.ts';
import { files } from '../../../src/connectors/files/index.ts';
import { generator } from '../../../src/connectors/generator/index.ts';
import { hybrid } from '../../../src/connectors/hybrid/index.ts';
import {
  count,
  type DataStream,
  monotonousTimestamps,
  type Source,
  type StreamEnvironment,
  tumbling,
} from '../../../src/index.ts';
import { type DeadLetter, runJob } from '../../../src/testing/index.ts';
import { expectSentence, policies, useDirectory } from './policies.ts';

interface Event {
  readonly atMs: number;
}

const directory = useDirectory();

/** Times that no event can have, as texts of JSON and CSV where these can write them. */
const badTimes: readonly {
  readonly name: string;
  readonly value: number;
  readonly json?: string;
  readonly csv?: string;
}[] = [
  { name: 'NaN', value: Number.NaN },
  { name: 'negative', value: -1, json: '-1', csv: '-1' },
  { name: 'of the year 9999', value: Date.UTC(9999, 0, 1), json: '253370764800000', csv: '253370764800000' },
  { name: 'infinite', value: Number.POSITIVE_INFINITY, json: '1e999' },
  { name: 'a text', value: '2026-01-01' as unknown as number, json: '"2026-01-01"' },
  { name: 'null', value: null as unknown as number, json: 'null', csv: '' },
  { name: 'true', value: true as unknown as number, json: 'true' },
];

const read = async (source: Source<Event>, policy: (typeof policies)[number]) => {
  const letters: DeadLetter[] = [];
  const windows = new Collected<unknown>();
  const build = (env: StreamEnvironment): DataStream<unknown> =>
    env
      .fromSource(source, monotonousTimestamps().withTimestamps<Event>('atMs'))
      .windowAll(tumbling('10s'))
      .aggregate({ n: count() });
  const result = await runJob((env) => void build(env).sinkTo(collect(windows)), {
    baseDirectory: directory.path,
    deadLetterPolicy: policy,
    onDeadLetter: (letter) => void letters.push(letter),
  });
  return { result, windows: windows.values, letters };
};

/** The sources that can hold such a time, each with a good record in front and one behind. */
const sourcesOf = ({
  value,
  json,
  csv,
}: (typeof badTimes)[number]): readonly (readonly [string, () => Source<Event>])[] => {
  const events: readonly Event[] = [{ atMs: 1000 }, { atMs: value }, { atMs: 2000 }];
  return [
    ['a collection', () => collection(events)],
    ['a generator', () => generator({ count: 3, generate: (n) => events[n] as Event }) as Source<Event>],
    ['a chain', () => hybrid(collection(events.slice(0, 2)), collection(events.slice(2))) as Source<Event>],
    ...(json === undefined
      ? []
      : [
          [
            'an NDJSON file',
            () => {
              directory.put('in.ndjson', `{"atMs":1000}\n{"atMs":${json}}\n{"atMs":2000}\n`);
              return files<Event>({ path: 'in.ndjson', format: 'ndjson' }) as Source<Event>;
            },
          ] as const,
        ]),
    ...(csv === undefined
      ? []
      : [
          [
            'a CSV file',
            () => {
              directory.put('in.csv', `atMs,x\n1000,a\n${csv},b\n2000,c\n`);
              return files<Event>({
                path: 'in.csv',
                format: 'csv',
                types: { atMs: 'number' },
              }) as Source<Event>;
            },
          ] as const,
        ]),
  ];
};

const cases = badTimes.flatMap((time) =>
  sourcesOf(time).map(([from, source]) => ({ ...time, from, source })),
);

describe.each(cases)('a time that is $name, from $from,', ({ source }) => {
  it.each(policies)('follows the policy %s, and spoils no other record', async (policy) => {
    const { result, windows, letters } = await read(source(), policy);
    if (policy === 'fail') {
      expect(result.state).toBe('failed');
      expectSentence(result.error, /timestamp .* cannot be used as event time/);
      return;
    }
    expect(result.state).toBe('finished');
    expect(windows).toEqual([{ windowStart: 0, windowEnd: 10_000, n: 2 }]);
    expect(letters).toHaveLength(policy === 'drop' ? 0 : 1);
    for (const { reason } of letters) expect(reason).toMatch(/cannot be used as event time/);
  });
});
