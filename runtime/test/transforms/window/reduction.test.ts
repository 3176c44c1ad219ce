import { describe, expect, it } from 'vitest';
import { Reduction } from '../../../src/transforms/window/reduction.ts';

const trial = 65_536;

describe('the watch over what folding saves', () => {
  it('folds at first, and as long as fewer than half of the records are sent', () => {
    const reduction = new Reduction();
    for (let n = 0; n < 10; n++) {
      expect(reduction.letsPass(1000)).toBe(false);
      reduction.addRecords(trial);
      reduction.addRows(trial / 2);
    }
    expect(reduction.letsPass(1000)).toBe(false);
  });

  it('decides nothing before it has seen enough records', () => {
    const reduction = new Reduction();
    reduction.addRecords(trial - 1);
    reduction.addRows(trial - 1);
    expect(reduction.letsPass(1)).toBe(false);
    reduction.addRecords(1);
    reduction.addRows(1);
    expect(reduction.letsPass(1)).toBe(true);
  });

  it('lets sixteen times the records of a trial pass, then tries again', () => {
    const reduction = new Reduction();
    reduction.addRecords(trial);
    reduction.addRows(trial);
    let passed = 0;
    while (reduction.letsPass(1024)) passed += 1024;
    expect(passed).toBe(16 * trial);
    reduction.addRecords(trial);
    reduction.addRows(1);
    expect(reduction.letsPass(1024)).toBe(false);
  });
});
