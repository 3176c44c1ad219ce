import { killAny } from './exactly-once.kill-any.ts';
import type { Scenario } from './scenario.ts';

export const scenarios: readonly Scenario[] = [killAny];
