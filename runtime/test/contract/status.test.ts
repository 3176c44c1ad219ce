import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { savepointObjectStatusSchema } from '../../src/contract/savepoint.ts';
import { describeField, type Field, walkFields } from '../../src/contract/schema-walk.ts';
import {
  mostPlanChanges,
  mostUnhealthyWorkers,
  type StreamJobStatus,
  streamJobStatusSchema,
} from '../../src/contract/status.ts';

const time = '2026-11-26T10:00:00Z';

const changeOf = (reason: string): StreamJobStatus['lastUpgrade'] => ({
  from: 'f'.repeat(10),
  to: 't'.repeat(10),
  time,
  pauseMs: 120,
  committedPauseMs: 3120,
  outcome: 'RolledBack',
  reason,
});

/** A job about which there is as much to say as can be. */
const wordy: StreamJobStatus = {
  observedGeneration: 7,
  phase: 'Upgrading',
  conditions: ['Ready', 'Reconciling', 'Stalled', 'Healthy'].map((type) => ({
    type,
    status: 'Unknown',
    reason: 'AwaitingApproval',
    message: 'm'.repeat(300),
    lastTransitionTime: time,
    observedGeneration: 7,
  })),
  replicas: 4,
  selector: 'millrace.dev/job=flights,millrace.dev/role=worker,millrace.dev/revision=0123456789',
  workersReady: '3/4',
  revision: { current: '0123456789', next: 'abcdef0123', rejected: '9876543210' },
  sequence: 7,
  attempt: 12,
  term: 3,
  checkpoint: { id: 100, time, savedBytes: 1_000_000 },
  plan: {
    revision: 'abcdef0123',
    result: 'NeedsApproval',
    changes: Array.from({ length: mostPlanChanges }, (_, i) => ({
      transform: `transform-${i}`,
      state: 'counts',
      change: 'removed',
      explanation: 'e'.repeat(200),
    })),
  },
  lastUpgrade: changeOf('r'.repeat(300)),
  lastRescale: changeOf('r'.repeat(300)),
  lastPause: '120ms',
  restored: { id: '2026-11-26', from: 'checkpoint 17' },
  unhealthyWorkers: 400,
  workers: Array.from({ length: mostUnhealthyWorkers }, (_, i) => ({
    name: `flights-0123456789-worker-${i}`,
    reason: 'ImagePullBackOff: there is no such image',
  })),
  savepoint: { last: 'nightly', time },
};

const isBounded = ({ inner }: Field): boolean => {
  const { maxLength, maxItems, maxProperties, minimum, maximum } = z.toJSONSchema(inner, { io: 'input' });
  switch (inner._zod.def.type) {
    case 'string':
      return typeof maxLength === 'number';
    case 'number':
      return typeof minimum === 'number' && typeof maximum === 'number';
    case 'array':
      return typeof maxItems === 'number';
    case 'record':
      return typeof maxProperties === 'number';
    default:
      return ['object', 'enum', 'boolean'].includes(inner._zod.def.type);
  }
};

describe('the status of a StreamJob', () => {
  it('may be empty, as it is before the operator has seen the job', () => {
    expect(streamJobStatusSchema.parse({})).toEqual({});
  });

  it('is below 16 KB however much there is to say', () => {
    expect(streamJobStatusSchema.parse(wordy)).toEqual(wordy);
    expect(JSON.stringify(wordy).length).toBeLessThan(16 * 1024);
  });

  it('is read without the fields that only a newer operator knows', () => {
    expect(streamJobStatusSchema.parse({ phase: 'Running', mood: 'good' })).toEqual({ phase: 'Running' });
  });

  it.each([
    ['a StreamJob', streamJobStatusSchema],
    ['a Savepoint', savepointObjectStatusSchema],
  ])('says of every field of %s what it is, and bounds it', (_, schema) => {
    walkFields(schema, (path, field) => {
      expect(isBounded(field), path.join('.')).toBe(true);
      if (path.length === 0 || ['[]', '{}'].includes(path.at(-1) ?? '')) return;
      expect(field.meta['description'], path.join('.')).toMatch(/^[A-Z].{3,400}\.$/);
    });
    expect(describeField(schema).inner._zod.def.type).toBe('object');
  });
});
