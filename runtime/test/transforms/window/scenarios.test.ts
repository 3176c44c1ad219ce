/**
 * Stories of windows, each told once and played on every path that can run it: the fast one, the general one by accumulators
 * and the general one by kept records. A story is a line of steps: `a5` = a record of key a at time 5, `w9` = the watermark.
 * What it says is `key start–end: count` in order of firing; `!a5` is a record that came too late.
 */
import { describe, expect, it } from 'vitest';
import { collectAll, count } from '../../../src/api/aggregates.ts';
import type { WindowSettings } from '../../../src/api/transform.ts';
import { customTrigger, eventTimeTrigger, purging, type TriggerSpec } from '../../../src/api/triggers.ts';
import {
  cumulative,
  customWindow,
  session,
  sliding,
  tumbling,
  type WindowAssigner,
} from '../../../src/api/windows.ts';
import { createWindowProcessor } from '../../../src/transforms/window/index.ts';
import { createTrigger } from '../../../src/transforms/window/triggers.ts';
import { drive, fakeContext, type Input } from '../support.ts';

interface Story {
  readonly title: string;
  readonly windows: WindowAssigner;
  readonly lateness?: number;
  readonly trigger?: TriggerSpec;
  readonly steps: string;
  readonly says: readonly string[];
}

const parse = (steps: string): Input[] =>
  steps.split(' ').map((step): Input => {
    const timeMs = Number(step.slice(1));
    return step.startsWith('w')
      ? { watermarkMs: timeMs }
      : { value: step, key: step[0], timestampMs: timeMs };
  });

const stories: readonly Story[] = [
  {
    title: 'tumbling windows fire once the watermark has reached their last millisecond',
    windows: tumbling(10),
    steps: 'a1 a9 b3 w8 w9 a10 w19',
    says: ['a 0–10: 2', 'b 0–10: 1', 'a 10–20: 1'],
  },
  {
    title: 'a watermark that jumps fires windows in order of their ends',
    windows: tumbling(10),
    steps: 'a35 a1 a15 w100',
    says: ['a 0–10: 1', 'a 10–20: 1', 'a 30–40: 1'],
  },
  {
    title: 'a watermark that comes again, or goes back, fires nothing',
    windows: tumbling(10),
    steps: 'a1 w9 w9 w5 a12 w9 w19',
    says: ['a 0–10: 1', 'a 10–20: 1'],
  },
  {
    title: 'windows without records say nothing',
    windows: tumbling(10),
    steps: 'w50 a61 w70 w200',
    says: ['a 60–70: 1'],
  },
  {
    title: 'an offset shifts windows, also below zero',
    windows: tumbling(10, { offset: 4 }),
    steps: 'a3 a4 a-7 w100',
    says: ['a -16–-6: 1', 'a -6–4: 1', 'a 4–14: 1'],
  },
  {
    title: 'sliding windows share their records',
    windows: sliding(30, 10),
    steps: 'a5 a15 w9 w19 w29 w39 w49',
    says: ['a -20–10: 1', 'a -10–20: 2', 'a 0–30: 2', 'a 10–40: 1'],
  },
  {
    title: 'sliding windows with gaps leave out what lies between',
    windows: sliding(5, 20),
    steps: 'a2 a7 a19 a21 w100',
    says: ['a 0–5: 1', 'a 20–25: 1'],
  },
  {
    title: 'a record that is late for some of its windows goes into the others and is not called late',
    windows: sliding(20, 10),
    steps: 'a5 w9 a6 w19',
    says: ['a -10–10: 1', 'a 0–20: 2'],
  },
  {
    title: 'cumulative windows grow from a common start',
    windows: cumulative(10, 30),
    steps: 'a5 w9 a15 w19 w29 a31 w39',
    says: ['a 0–10: 1', 'a 0–20: 2', 'a 0–30: 2', 'a 30–40: 1'],
  },
  {
    title: 'a cumulative window fires for each step after its first record, also without new ones',
    windows: cumulative(10, 40),
    steps: 'a15 w100',
    says: ['a 0–20: 1', 'a 0–30: 1', 'a 0–40: 1'],
  },
  {
    title: 'records of windows that are over are late, one by one',
    windows: tumbling(10),
    steps: 'a1 w9 a2 b9 a10 w19 b19',
    says: ['a 0–10: 1', '!a2', '!b9', 'a 10–20: 1', '!b19'],
  },
  {
    title: 'allowed lateness fires again for each late record, until it is over',
    windows: tumbling(10),
    lateness: 10,
    steps: 'a1 w9 a2 b3 w18 a4 w19 a5',
    says: ['a 0–10: 1', 'a 0–10: 2', 'b 0–10: 1', 'a 0–10: 3', '!a5'],
  },
  {
    title: 'a first record within the allowed lateness fires at once',
    windows: tumbling(10),
    lateness: 20,
    steps: 'w15 a1 w100',
    says: ['a 0–10: 1'],
  },
  {
    title:
      'a late record fires those of its windows again that have fired, in order, and waits for the others',
    windows: sliding(20, 10),
    lateness: 30,
    steps: 'a15 w19 a5 w29',
    says: ['a 0–20: 1', 'a -10–10: 1', 'a 0–20: 2', 'a 10–30: 1'],
  },
  {
    title: 'sessions are joined by a record between them',
    windows: session(10),
    steps: 'a0 a15 a30 a8 a22 w39 w40',
    says: ['a 0–40: 5'],
  },
  {
    title: 'sessions of different keys end each in its own time',
    windows: session(10),
    steps: 'a0 b5 a6 w14 w15 w16',
    says: ['b 5–15: 1', 'a 0–16: 2'],
  },
  {
    title: 'a key may have several sessions open, which end in order',
    windows: session(10),
    steps: 'a50 a0 a25 w9 w34 w59',
    says: ['a 0–10: 1', 'a 25–35: 1', 'a 50–60: 1'],
  },
  {
    title: 'a late record is taken by an open session that it reaches, and so can be one of long ago',
    windows: session(10),
    steps: 'a20 w25 a11 a2 w40',
    says: ['a 2–30: 3'],
  },
  {
    title: 'a late record that reaches no open session is late',
    windows: session(10),
    steps: 'a20 w25 a5 w40 a25',
    says: ['!a5', 'a 20–30: 1', '!a25'],
  },
  {
    title: 'a session that has fired takes late records and fires again, longer',
    windows: session(10),
    lateness: 20,
    steps: 'a0 w15 a5 a3 w30 a16 w100',
    says: ['a 0–10: 1', 'a 0–15: 2', 'a 0–15: 3', 'a 16–26: 1'],
  },
  {
    title: 'a late record joins sessions that have fired and one that has not, which fires when it ends',
    windows: session(10),
    lateness: 50,
    steps: 'a0 a18 w12 a9 w27',
    says: ['a 0–10: 1', 'a 0–28: 3'],
  },
  {
    title: 'windows of the author may overlap as they like',
    windows: customWindow((_value, timeMs) => [
      { startMs: 0, endMs: 100 },
      { startMs: timeMs, endMs: timeMs + 10 },
    ]),
    steps: 'a5 a7 b5 w14 w16 w99',
    says: ['a 5–15: 1', 'b 5–15: 1', 'a 7–17: 1', 'a 0–100: 2', 'b 0–100: 1'],
  },
  {
    title: 'merging windows of the author become one where they overlap',
    windows: customWindow((_value, timeMs) => [{ startMs: timeMs, endMs: timeMs + 10 }], { merging: true }),
    steps: 'a0 a9 a19 w17 w18 w100',
    says: ['a 0–19: 2', 'a 19–29: 1'],
  },
  {
    title: 'purging drops what has fired, so late firings have the late records only',
    windows: tumbling(10),
    lateness: 20,
    trigger: purging(eventTimeTrigger()),
    steps: 'a1 a2 w9 a3 a4 w100',
    says: ['a 0–10: 2', 'a 0–10: 1', 'a 0–10: 1'],
  },
  {
    title: 'purged sessions start anew within their bounds',
    windows: session(10),
    lateness: 50,
    trigger: purging(eventTimeTrigger()),
    steps: 'a0 a5 w20 a7 w100',
    says: ['a 0–15: 2', 'a 0–17: 1'],
  },
];

const aggregation: WindowSettings['aggregation'] = {
  kind: 'builtIn',
  aggregates: { records: count(), all: collectAll((value: string) => value) },
};

/** The trigger of a story as one of the author's own, which no fast path runs. */
const asCustom = (trigger: TriggerSpec): TriggerSpec => customTrigger(() => createTrigger(trigger, 'event'));

const play = (story: Story, rest: Partial<WindowSettings>): string[] => {
  const context = fakeContext();
  const window: WindowSettings = {
    assigner: story.windows,
    trigger: story.trigger,
    allowedLatenessMs: story.lateness ?? 0,
    lateOutput: 'late',
    aggregation,
    keyed: true,
    ...rest,
  };
  const processor = createWindowProcessor({ kind: 'window', window }, context);
  return parse(story.steps).flatMap((input) => {
    drive(processor, context, [input]);
    const fired = context.main.take().map((value) => {
      const { key, windowStart, windowEnd, records, all } = value as Record<string, unknown>;
      expect(all).toHaveLength(records as number);
      return `${key as string} ${windowStart as number}–${windowEnd as number}: ${records as number}`;
    });
    return [
      ...fired,
      ...context
        .sideOutput('late')
        .take()
        .map((value) => `!${value as string}`),
    ];
  });
};

describe.each(stories)('$title', (story) => {
  const custom = asCustom(story.trigger ?? eventTimeTrigger());
  const keepAll: WindowSettings['evictor'] = { when: 'before', keep: (records) => records };

  it('as it is run by default', () => {
    expect(play(story, {})).toEqual(story.says);
  });

  it('on the general path, by accumulators', () => {
    expect(play(story, { trigger: custom })).toEqual(story.says);
  });

  it('on the general path, by records that are kept', () => {
    expect(play(story, { trigger: custom, evictor: keepAll })).toEqual(story.says);
  });
});
