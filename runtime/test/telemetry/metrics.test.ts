import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/contract/errors.ts';
import { Counter, Gauge, MetricGroup } from '../../src/telemetry/metrics.ts';

describe('a counter', () => {
  it('starts at nothing and adds up', () => {
    const counter = new Counter();
    expect(counter.value).toBe(0);
    counter.increment();
    counter.increment(41);
    counter.value += 1;
    expect(counter.value).toBe(43);
  });
});

describe('a gauge', () => {
  it('is what it was set to last', () => {
    const gauge = new Gauge();
    expect(gauge.read()).toBe(0);
    gauge.set(5);
    gauge.set(-2);
    expect(gauge.read()).toBe(-2);
  });

  it('is read anew each time when a function reads it', () => {
    let now = 1;
    const gauge = new Gauge('maximum', () => now);
    expect(gauge.read()).toBe(1);
    now = 2;
    expect(gauge.read()).toBe(2);
  });

  it('is not a number when the function that reads it throws', () => {
    const gauge = new Gauge('sum', () => {
      throw new Error('closed');
    });
    expect(gauge.read()).toBeNaN();
  });

  it('adds up over slots unless it says otherwise', () => {
    expect(new Gauge().merge).toBe('sum');
    expect(new Gauge('average').merge).toBe('average');
  });
});

describe('a group of metrics', () => {
  it('gives the same metric for the same name, so that a function opened again goes on counting', () => {
    const group = new MetricGroup();
    group.counter('seen').increment(3);
    group.counter('seen').increment(4);
    expect(group.counter('seen').value).toBe(7);
    expect(group.gauge('level')).toBe(group.gauge('level', 'maximum'));
    expect(group.histogram('sizes')).toBe(group.histogram('sizes'));
    expect(group.group('inner')).toBe(group.group('inner'));
  });

  it('keeps the same name apart in different groups', () => {
    const root = new MetricGroup();
    root.group('a').counter('seen').increment();
    root.group('b').counter('seen').increment(10);
    expect(root.group('a').counter('seen').value).toBe(1);
    expect(root.group('b').counter('seen').value).toBe(10);
  });

  it('shares nothing with another root', () => {
    new MetricGroup().counter('seen').increment();
    expect(new MetricGroup().counter('seen').value).toBe(0);
  });

  const kinds = {
    counter: (group: MetricGroup) => group.counter('x'),
    gauge: (group: MetricGroup) => group.gauge('x'),
    histogram: (group: MetricGroup) => group.histogram('x'),
  } as const;

  for (const [first, makeFirst] of Object.entries(kinds)) {
    for (const [second, makeSecond] of Object.entries(kinds)) {
      if (first === second) continue;
      it(`refuses a ${second} by the name of a ${first}, and says which name`, () => {
        const group = new MetricGroup();
        makeFirst(group);
        const attempt = (): unknown => makeSecond(group);
        expect(attempt).toThrow(MillraceError);
        expect(attempt).toThrow(`The metric “x” exists already and is not a ${second}.`);
      });
    }
  }

  it('lets a metric and a group have the same name', () => {
    const group = new MetricGroup();
    group.counter('records').increment();
    group.group('records').counter('late').increment(2);
    expect(group.snapshot().counters['records']).toBe(1);
    expect(group.snapshot().groups['records']?.counters['late']).toBe(2);
  });
});

describe('a snapshot', () => {
  const sample = (): MetricGroup => {
    const group = new MetricGroup();
    group.counter('recordsIn').increment(12);
    group.gauge('busy', 'average').set(0.5);
    group.gauge('watermark', 'minimum', () => 99);
    group.histogram('latency').record(8);
    group.group('map').counter('errors').increment();
    return group;
  };

  it('holds every metric by kind and name, group in group', () => {
    expect(sample().snapshot()).toEqual({
      counters: { recordsIn: 12 },
      gauges: {
        busy: { value: 0.5, merge: 'average', weight: 1 },
        watermark: { value: 99, merge: 'minimum', weight: 1 },
      },
      histograms: { latency: { count: 1, sum: 8, minimum: 8, maximum: 8, buckets: [[209, 1]] } },
      groups: { map: { counters: { errors: 1 }, gauges: {}, histograms: {}, groups: {} } },
    });
  });

  it('is empty for an empty group', () => {
    expect(new MetricGroup().snapshot()).toEqual({ counters: {}, gauges: {}, histograms: {}, groups: {} });
  });

  it('stays as it is when counting goes on', () => {
    const group = sample();
    const before = group.snapshot();
    const copy = structuredClone(before);
    group.counter('recordsIn').increment();
    group.gauge('busy').set(1);
    group.histogram('latency').record(1);
    group.group('map').counter('errors').increment();
    expect(before).toEqual(copy);
  });

  it('goes to another thread without losing anything', () => {
    const snapshot = sample().snapshot();
    expect(structuredClone(snapshot)).toEqual(snapshot);
  });

  it('goes on when one gauge cannot be read', () => {
    const group = sample();
    group.gauge('broken', 'sum', () => {
      throw new Error('no');
    });
    const { gauges, counters } = group.snapshot();
    expect(gauges['broken']?.value).toBeNaN();
    expect(counters['recordsIn']).toBe(12);
  });

  it('treats any text as a name, also one that means something to JavaScript', () => {
    const group = new MetricGroup();
    for (const name of ['__proto__', 'constructor', 'toString', '', 'a.b c']) {
      group.counter(name).increment(5);
      group.group(name).counter('inner').increment(6);
    }
    const { counters, groups } = group.snapshot();
    for (const name of ['__proto__', 'constructor', 'toString', '', 'a.b c']) {
      expect(Object.hasOwn(counters, name)).toBe(true);
      expect(Object.getOwnPropertyDescriptor(counters, name)?.value).toBe(5);
      expect(Object.hasOwn(groups, name)).toBe(true);
    }
    expect(Object.getPrototypeOf(counters)).toBe(Object.prototype);
  });
});
