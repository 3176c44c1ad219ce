import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetricGroup } from '../../src/telemetry/metrics.ts';
import { type MetricScope, prometheusText } from '../../src/telemetry/prometheus.ts';
import { parsePrometheus } from './prometheus-parser.ts';

const scope = (fill: (group: MetricGroup) => void, labels: MetricScope['labels'] = {}): MetricScope => {
  const group = new MetricGroup();
  fill(group);
  return { labels, snapshot: group.snapshot() };
};

const read = async (...scopes: MetricScope[]) => parsePrometheus(await prometheusText(scopes));

describe('metrics for Prometheus', () => {
  it('are called by their names with a prefix, counters with _total, and say what they mean', async () => {
    const families = await read(
      scope((group) => group.counter('numRecordsIn').increment(7), { job: 'shop', task: 'parse', slot: '0' }),
      scope((group) => group.counter('numRecordsIn').increment(5), { job: 'shop', task: 'parse', slot: '1' }),
      scope((group) => group.gauge('currentInputWatermark').set(-1.5), { job: 'shop' }),
    );
    expect(families.get('millrace_num_records_in_total')).toEqual({
      help: 'Records that a subtask has taken in.',
      type: 'counter',
      samples: [
        {
          name: 'millrace_num_records_in_total',
          labels: { job: 'shop', task: 'parse', slot: '0' },
          value: 7,
        },
        {
          name: 'millrace_num_records_in_total',
          labels: { job: 'shop', task: 'parse', slot: '1' },
          value: 5,
        },
      ],
    });
    expect(families.get('millrace_current_input_watermark')).toMatchObject({
      type: 'gauge',
      samples: [{ value: -1.5 }],
    });
  });

  it('of nested groups carry the names of the groups', async () => {
    const families = await read(scope((group) => group.group('memory').gauge('typedStateBytes').set(4096)));
    expect(families.get('millrace_memory_typed_state_bytes')?.help).toBe('Bytes of typed state in a slot.');
  });

  it('show histograms with buckets that add up, the same bounds in each', async () => {
    const values = [0.0001, 0.5, 3, 3, 70, 1e20];
    const families = await read(
      scope((group) => {
        for (const value of values) group.histogram('latency').record(value);
      }),
      scope((group) => group.histogram('latency').record(1), { task: 'other' }),
    );
    const { type, samples = [] } = families.get('millrace_latency') ?? {};
    expect(type).toBe('histogram');
    const own = samples.filter(({ labels }) => labels['task'] === undefined);
    const counted = own.filter(({ name }) => name.endsWith('_bucket'));
    for (const { labels, value } of counted) {
      const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
      expect(value, labels['le']).toBe(values.filter((recorded) => recorded <= bound).length);
    }
    expect(counted.at(-1)).toMatchObject({ labels: { le: '+Inf' }, value: 6 });
    expect(own.find(({ name }) => name.endsWith('_count'))?.value).toBe(6);
    expect(own.find(({ name }) => name.endsWith('_sum'))?.value).toBeCloseTo(1e20);
    const bounds = (task?: string) =>
      samples.filter(({ labels }) => labels['task'] === task).map(({ labels }) => labels['le']);
    expect(bounds('other')).toEqual(bounds());
  });

  it('leave out what nobody knows, and nothing at all is no fault', async () => {
    const families = await read(scope((group) => void group.gauge('lag', 'sum', () => NaN)));
    expect([...families.keys()]).toEqual(['millrace_left_out_metrics']);
    expect((await read()).size).toBe(1);
  });

  it('survive names that meet in the form of Prometheus, and tell how many were left out', async () => {
    const families = await read(
      scope((group) => {
        group.counter('fooBar').increment(1);
        group.counter('foo_bar').increment(2);
        group.gauge('foo_bar_total').set(3);
        group.gauge('time_count').set(4);
        group.histogram('time').record(5);
      }),
    );
    expect(families.get('millrace_foo_bar_total')).toMatchObject({
      type: 'counter',
      samples: [{ value: 1 }],
    });
    expect(families.get('millrace_foo_bar_total_gauge')?.samples).toMatchObject([{ value: 3 }]);
    expect(families.get('millrace_time_count')?.type).toBe('gauge');
    expect(families.get('millrace_time_histogram')?.type).toBe('histogram');
    expect(families.get('millrace_left_out_metrics')?.samples).toMatchObject([{ value: 1 }]);
  });

  it('are bounded however many names a function thinks of', async () => {
    const families = await read(
      scope((group) => {
        for (let i = 0; i < 3000; i++) group.counter(`of user ${i}`).increment();
      }),
    );
    expect(families.size).toBe(2001);
    expect(families.get('millrace_left_out_metrics')?.samples).toMatchObject([{ value: 1000 }]);
  });

  it('can be read whatever names and labels hold', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    const metric = fc.record({
      kind: fc.constantFrom('counter', 'gauge', 'histogram'),
      group: fc.option(text),
      name: text,
      value: fc.double({ noNaN: true }),
    });
    const labels = fc.record({ job: text, task: text, transform: text }, { requiredKeys: [] });
    const scopes = fc.array(fc.tuple(labels, fc.uniqueArray(metric, { selector: ({ name }) => name })), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(scopes, async (given) => {
        const made = given.map(([named, metrics]) =>
          scope((root) => {
            for (const { kind, group, name, value } of metrics) {
              const into = group === null ? root : root.group(`in ${group}`);
              if (kind === 'counter') into.counter(name).increment(value);
              else if (kind === 'gauge') into.gauge(name).set(value);
              else into.histogram(name).record(value);
            }
          }, named),
        );
        const shown = parsePrometheus(await prometheusText(made));
        for (const family of shown.keys()) expect(family).toMatch(/^millrace_[a-z0-9_]*$/);
      }),
    );
  });
});
