import { describe, expect, it } from 'vitest';
import { prometheusText } from '../../../runtime/src/telemetry/prometheus.ts';
import { OperatorMetrics, type OperatorParts } from '../../src/probes/metrics.ts';

const parts: OperatorParts = {
  queue: { atWork: 2, failing: 1, depth: (priority) => (priority === 'event' ? 5 : 0) },
  isLeading: () => true,
  reflectors: () => [
    {
      resource: 'pods',
      counts: { lists: 1, watches: 3, silences: 0, missedEvents: 4, failures: 2 },
      isSynced: true,
      objects: 7,
    },
  ],
};

const linesOf = async (metrics: OperatorMetrics): Promise<string[]> =>
  (await prometheusText(metrics.scopes(parts))).split('\n').filter((line) => !line.startsWith('#'));

describe('the metrics of an operator', () => {
  it('tell its queue, its caches, and whether it leads', async () => {
    expect(await linesOf(new OperatorMetrics())).toEqual(
      expect.arrayContaining([
        'millrace_operator_leader 1',
        'millrace_operator_queue_at_work 2',
        'millrace_operator_queue_failing 1',
        'millrace_operator_queue_depth{priority="event"} 5',
        'millrace_operator_queue_depth{priority="spec"} 0',
        'millrace_operator_cache_synced{resource="pods"} 1',
        'millrace_operator_cache_objects{resource="pods"} 7',
        'millrace_operator_cache_lists_total{resource="pods"} 1',
        'millrace_operator_cache_missed_events_total{resource="pods"} 4',
      ]),
    );
  });

  it('add up the namespaces of a kind, which is known when all of them are', async () => {
    const [pods] = parts.reflectors();
    const reflectors = () => [pods!, { ...pods!, isSynced: false }];
    const text = await prometheusText(new OperatorMetrics().scopes({ ...parts, reflectors }));
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'millrace_operator_cache_synced{resource="pods"} 0',
        'millrace_operator_cache_objects{resource="pods"} 14',
        'millrace_operator_cache_watches_total{resource="pods"} 6',
        'millrace_left_out_metrics 0',
      ]),
    );
  });

  it('count calls by verb, kind and answer, and looks at jobs by what they were for', async () => {
    const metrics = new OperatorMetrics();
    metrics.onCall({ verb: 'create', resource: 'pods', status: 201, durationMs: 3 });
    metrics.onCall({ verb: 'create', resource: 'pods', status: 201, durationMs: 5 });
    metrics.onCall({ verb: 'create', resource: 'pods', status: 0, durationMs: 30_000 });
    metrics.onCall({ verb: 'watch', resource: 'pods', status: 200, durationMs: 300_000 });
    const key = { namespace: 'shop', name: 'counts' };
    metrics.onWorked({ key, priority: 'spec', waitedMs: 1, tookMs: 10, error: undefined });
    metrics.onWorked({ key, priority: 'spec', waitedMs: 1, tookMs: 10, error: new Error('no') });
    const lines = await linesOf(metrics);
    expect(lines).toEqual(
      expect.arrayContaining([
        'millrace_operator_api_calls_total{verb="create",resource="pods",code="201"} 2',
        'millrace_operator_api_calls_total{verb="create",resource="pods",code="none"} 1',
        'millrace_operator_api_calls_total{verb="watch",resource="pods",code="200"} 1',
        'millrace_operator_api_call_time_count{verb="create",resource="pods"} 3',
        'millrace_operator_reconciles_total{priority="spec"} 2',
        'millrace_operator_reconcile_errors_total{priority="spec"} 1',
        'millrace_operator_reconcile_time_count{priority="spec"} 2',
      ]),
    );
    expect(lines.filter((line) => line.includes('verb="watch"') && line.includes('call_time'))).toEqual([]);
    expect(lines.filter((line) => line.includes('counts'))).toEqual([]);
  });
});
