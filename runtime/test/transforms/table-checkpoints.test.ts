import { describe, expect, it } from 'vitest';
import { TableCheckpoints } from '../../src/transforms/table-checkpoints.ts';

const begin = (
  checkpoints: TableCheckpoints,
  checkpointId: number,
  epoch: number,
  since: number | undefined,
): readonly (readonly [number, string, number])[] => {
  const { groups, afterEpochs } = checkpoints.begin(
    { checkpointId, keyGroups: [0, 2], since: () => since },
    epoch,
  );
  checkpoints.ended();
  return groups.map(({ keyGroup, mode, place }) => [keyGroup, mode, afterEpochs[place]!]);
};

describe('what a transform with tables knows of its checkpoints', () => {
  it('is enough for the changes since one that completed, as long as no later one did', () => {
    const checkpoints = new TableCheckpoints(4);
    expect(begin(checkpoints, 11, 1, 10)).toEqual([
      [0, 'whole', 0],
      [2, 'whole', 0],
    ]);
    checkpoints.checkpointEnded(11, true);
    expect(begin(checkpoints, 12, 2, 11)).toEqual([
      [0, 'changes', 1],
      [2, 'changes', 1],
    ]);
    checkpoints.checkpointEnded(12, false);
    expect(begin(checkpoints, 13, 3, 12)).toEqual([
      [0, 'whole', 0],
      [2, 'whole', 0],
    ]);
    expect(begin(checkpoints, 14, 4, 11)).toEqual([
      [0, 'changes', 1],
      [2, 'changes', 1],
    ]);
    checkpoints.checkpointEnded(14, true);
    expect(begin(checkpoints, 15, 5, 11)).toEqual([
      [0, 'whole', 0],
      [2, 'whole', 0],
    ]);
    expect(begin(checkpoints, 16, 6, undefined)).toEqual([
      [0, 'whole', 0],
      [2, 'whole', 0],
    ]);
  });

  it('is not enough for a key group that went and came back meanwhile', () => {
    const checkpoints = new TableCheckpoints(4);
    begin(checkpoints, 1, 1, undefined);
    checkpoints.checkpointEnded(1, true);
    checkpoints.dropped(2, 2);
    expect(begin(checkpoints, 2, 2, 1)).toEqual([
      [0, 'changes', 1],
      [2, 'whole', 0],
    ]);
    checkpoints.checkpointEnded(2, true);
    expect(begin(checkpoints, 3, 3, 2)).toEqual([
      [0, 'changes', 2],
      [2, 'changes', 2],
    ]);
  });

  it('wants no row of a key group that is not asked for', () => {
    const { afterEpochs } = new TableCheckpoints(3).begin(
      { checkpointId: 1, keyGroups: [1], since: () => undefined },
      1,
    );
    expect([...afterEpochs].map((epoch) => epoch > 1_000_000)).toEqual([true, false, true]);
  });

  it('has one snapshot open at a time', () => {
    const checkpoints = new TableCheckpoints(4);
    const request = { checkpointId: 1, keyGroups: [0], since: () => undefined };
    checkpoints.begin(request, 1);
    expect(() => checkpoints.begin(request, 2)).toThrow('was being read');
    checkpoints.ended();
    checkpoints.begin(request, 2);
  });
});
