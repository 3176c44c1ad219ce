import type { Scenario } from '../scenario.ts';
import { keyedScenarios } from './keyed.ts';
import { nexmarkScenarios } from './nexmark.ts';
import { objectScenarios } from './objects.ts';

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [...objectScenarios, ...keyedScenarios, ...nexmarkScenarios];
