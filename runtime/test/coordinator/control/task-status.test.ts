import { describe, expect, it } from 'vitest';
import { taskDetailSchema } from '../../../src/contract/control/tasks.ts';
import { pauseGauges, slotScopes, subtaskScopes } from '../../../src/coordinator/control/metric-scopes.ts';
import { taskDetail, taskStatus } from '../../../src/coordinator/control/task-status.ts';
import { latencyRecorder } from '../../../src/task/latency-recorder.ts';
import { MetricGroup } from '../../../src/telemetry/metrics.ts';
import type { SubtaskReport } from '../../../src/worker/slot-handle.ts';
import { graphOfTwo } from './graph-of-two.ts';

const [first, second] = graphOfTwo.tasks;

const report = (slot: number, more: Partial<SubtaskReport> = {}): SubtaskReport => ({
  task: 1,
  name: second!.name,
  slot,
  recordsIn: 10,
  recordsOut: 4,
  deadLetters: 1,
  lateRecords: 2,
  watermarkMs: 1000,
  busyMs: 50,
  blockedMs: 10,
  ...more,
});

describe('a task for the control API', () => {
  it('adds its subtasks up, with the lowest watermark and shares of their time', () => {
    const reports = [report(0), report(1, { watermarkMs: 500, busyMs: 150 }), report(0, { task: 0 })];
    expect(taskStatus(second!, reports, 200)).toEqual({
      task: 1,
      name: second!.name,
      parallelism: 2,
      recordsIn: 20,
      recordsOut: 8,
      deadLetters: 2,
      lateRecords: 4,
      watermarkMs: 500,
      busyShare: 0.5,
      blockedShare: 0.05,
    });
  });

  it('has no watermark before the first and after the end, and no shares without time', () => {
    for (const watermarkMs of [-Infinity, Infinity])
      expect(taskStatus(second!, [report(0, { watermarkMs })], 0)).toMatchObject({
        watermarkMs: null,
        busyShare: 0,
      });
    expect(taskStatus(first!, [], 100)).toMatchObject({ recordsIn: 0, watermarkMs: null, busyShare: 0 });
  });

  it('shows its subtasks and the metrics of its transforms, as described', () => {
    const metrics = new MetricGroup();
    metrics.group('totals').counter('seen').increment(7);
    metrics.group('elsewhere').counter('seen').increment(1);
    const detail = taskDetail(second!, [report(1, { watermarkMs: -Infinity })], 100, metrics.snapshot());
    expect(taskDetailSchema.parse(detail)).toEqual(detail);
    expect(detail.subtasks).toMatchObject([{ slot: 1, watermarkMs: null, busyMs: 50 }]);
    const { transforms } = detail;
    expect(transforms.find(({ name }) => name === 'totals')?.metrics).toEqual({ seen: 7 });
    expect(transforms.flatMap(({ metrics: own }) => Object.keys(own))).toEqual(['seen']);
  });
});

describe('a job for Prometheus', () => {
  it('tells how long records stood still at the last switch-over of each kind, if there was one', () => {
    const rescale = {
      atMs: 1,
      pauseMs: 80,
      committedPauseMs: null,
      from: '1',
      to: '2',
      outcome: 'done',
      reason: null,
    } as const;
    expect(pauseGauges({ rescale, upgrade: null })).toEqual({ lastRescalePause: 80 });
    expect(pauseGauges({ rescale: null, upgrade: null })).toEqual({});
  });

  it('is labelled by job, task and slot', () => {
    const [scope] = subtaskScopes('shop', [report(1)]);
    expect(scope?.labels).toEqual({ job: 'shop', task: second!.name, slot: '1' });
    expect(scope?.snapshot.counters).toMatchObject({ numRecordsIn: 10, busyTimeMs: 50 });
    expect(scope?.snapshot.gauges['currentInputWatermark']?.value).toBe(1000);
    const [silent] = subtaskScopes('shop', [report(1, { watermarkMs: -Infinity })]);
    expect(silent?.snapshot.gauges).toEqual({});
  });

  it('shows how records flow: what waits, what was sent, how far a source lies behind, and rates', () => {
    const flow = {
      outputWatermarkMs: 900,
      elapsedMs: 1000,
      isBackPressured: true,
      passedCheckpointId: 0,
      input: { queued: 2, usage: 0.25, bytes: 30 },
      output: { queued: 4, usage: 1.5, bytes: 60 },
      inputWatermarksMs: [1100, 1000, -Infinity],
      source: { fetchLagMs: 5, emitLagMs: 7, watermarkLagMs: Infinity, idleMs: 3, driftMs: 40 },
    };
    const own = report(1, { flow });
    const [scope] = subtaskScopes('shop', [own], new Map([[own, { numRecordsInPerSecond: 12 }]]));
    expect(scope?.snapshot.counters).toMatchObject({ numBytesIn: 30, numBytesOut: 60, idleTimeMs: 940 });
    const gauges = Object.entries(scope?.snapshot.gauges ?? {}).map(([name, { value }]) => [name, value]);
    expect(Object.fromEntries(gauges)).toEqual({
      currentInputWatermark: 1000,
      currentOutputWatermark: 900,
      isBackPressured: 1,
      inputQueueLength: 2,
      inPoolUsage: 0.25,
      outputQueueLength: 4,
      outPoolUsage: 1.5,
      currentInput1Watermark: 1100,
      currentInput2Watermark: 1000,
      watermarkAlignmentDrift: 40,
      currentFetchEventTimeLag: 5,
      currentEmitEventTimeLag: 7,
      sourceIdleTime: 3,
      numRecordsInPerSecond: 12,
    });
  });

  it('tells metrics of transforms from those of a slot', () => {
    const metrics = new MetricGroup();
    metrics.counter('own').increment();
    metrics.group('memory').gauge('typedStateBytes').set(9);
    metrics.group('totals').counter('seen').increment(7);
    latencyRecorder({ metrics, graph: graphOfTwo }, second!.name)(0, 12);
    const [slot, transform, latency, ...more] = slotScopes('shop', graphOfTwo, 1, metrics.snapshot());
    expect(more).toEqual([]);
    expect(slot?.labels).toEqual({ job: 'shop', slot: '1' });
    expect(Object.keys(slot?.snapshot.groups ?? {})).toEqual(['memory']);
    expect(slot?.snapshot.counters).toEqual({ own: 1 });
    expect(transform?.labels).toEqual({ job: 'shop', task: second!.name, transform: 'totals', slot: '1' });
    expect(transform?.snapshot.counters).toEqual({ seen: 7 });
    expect(latency?.labels).toEqual({ job: 'shop', task: second!.name, source: first!.name, slot: '1' });
    expect(latency?.snapshot.histograms['latency']).toMatchObject({ count: 1, maximum: 12 });
  });
});
