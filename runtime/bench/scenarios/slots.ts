import { measureSlots } from '../measure-slots.ts';
import type { Scenario } from '../scenario.ts';
import { measureTcp } from '../tcp/measure-tcp.ts';

const twoSlots = (
  name: string,
  records: number,
): Pick<Scenario, 'subject' | 'baseline' | 'byWallClock' | 'repetitions'> => ({
  subject: () => measureSlots(name, 2, records),
  baseline: { name: 'one slot', part: () => measureSlots(name, 1, records) },
  byWallClock: true,
  repetitions: 5,
});

/** Several slots, by the wall clock: they mean something only on a machine with idle processors. */
export const slotScenarios: readonly Scenario[] = [
  {
    name: 'two-slots-count',
    title: 'count in tumbling windows over 10,000 integer keys in columns, on two slots',
    ...twoSlots('count', 100_000_000),
    bars: [{ figure: 'ratio', atLeast: 1.7 }],
  },
  {
    name: 'two-slots-process',
    title:
      'KeyedProcessFunction with state and timers over records of two numbers and 100,000 keys, on two slots',
    ...twoSlots('process', 8_000_000),
    bars: [{ figure: 'ratio', atLeast: 1.2 }],
  },
  {
    name: 'exchange-objects',
    title: 'objects of four numbers and a text through keyBy between two slots',
    ...twoSlots('exchange', 10_000_000),
    bars: [{ figure: 'recordsPerSecond', atLeast: 1.5e6 }],
  },
  {
    name: 'exchange-tcp-objects',
    title: 'objects of four numbers and a text from one process to another',
    subject: () => measureTcp('objects', 4000),
    byWallClock: true,
    repetitions: 3,
    bars: [{ figure: 'recordsPerSecond', atLeast: 1.2e6 }],
  },
  {
    name: 'exchange-tcp-columns',
    title: 'four columns of numbers with fractions from one process to another',
    subject: () => measureTcp('columns', 20_000),
    byWallClock: true,
    repetitions: 3,
    bars: [{ figure: 'megabytesPerSecond', atLeast: 300 }],
  },
];
