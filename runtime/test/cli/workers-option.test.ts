import { describe, expect, it } from 'vitest';
import { bareTarget } from '../../src/cli/bare-target.ts';
import { workersOf } from '../../src/cli/workers-option.ts';
import { createTestSystem } from '../../src/testing/test-system.ts';

const { files } = createTestSystem().system;
const target = (parallelism: number) => ({ ...bareTarget('/jobs/count.ts'), parallelism });

describe('the workers of a run', () => {
  it('are none unless they are asked for', () => {
    expect(workersOf({}, target(2), files, false)).toEqual({ target: target(2) });
  });

  it('share the slots evenly, and have one each at least', () => {
    expect(workersOf({ workers: 2 }, target(5), files, false)).toMatchObject({
      target: { parallelism: 5 },
      workers: { spawn: 2, slotsPerWorker: 3, port: 0 },
    });
    expect(workersOf({ workers: 2, slotsPerWorker: 2 }, target(1), files, false)).toMatchObject({
      target: { parallelism: 4 },
    });
    expect(workersOf({ workers: 3 }, target(1), files, true)).toMatchObject({
      target: { parallelism: 1 },
      workers: { spawn: 3, slotsPerWorker: 1 },
    });
  });

  it('may be started by others, who know the address and the uid', () => {
    const listen = { host: '0.0.0.0', port: 6100 };
    expect(workersOf({ listen, jobUid: 'orders' }, target(4), files, false)).toMatchObject({
      workers: { spawn: undefined, jobUid: 'orders', host: '0.0.0.0', port: 6100 },
    });
  });

  it.each([
    [{ workers: 2, slotsPerWorker: 1 }, '5 slots do not fit into 2 workers of 1 slots.'],
    [{ workers: 2, listen: { host: 'h', port: 1 } }, 'Either --workers or --listen.'],
    [{ listen: { host: 'h', port: 1 } }, 'With --listen the job needs --job-uid.'],
  ])('are refused when what is said of them does not fit (%#)', (options, reason) => {
    expect(() => workersOf(options, target(5), files, true)).toThrow(reason);
  });
});
