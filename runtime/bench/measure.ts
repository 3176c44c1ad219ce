/** The process of one part of a scenario: `node measure.ts SCENARIO PART` prints the measurement as JSON on its last line. */
import type { Part, PartName, Scenario } from './scenario.ts';
import { scenarios } from './scenarios/all.ts';

const partOf = (scenario: Scenario, name: PartName): Part | undefined => {
  if (name === 'subject') return scenario.subject;
  if (name === 'small') return scenario.small;
  return scenario.baseline !== undefined && 'part' in scenario.baseline ? scenario.baseline.part : undefined;
};

const [scenarioName = '', partName = 'subject'] = process.argv.slice(2);
const scenario = scenarios.find(({ name }) => name === scenarioName);
if (scenario === undefined) throw new Error(`There is no scenario ${scenarioName}.`);
if (partName === 'prepare') await scenario.prepare?.();
else {
  const part = partOf(scenario, partName as PartName);
  if (part === undefined) throw new Error(`The scenario ${scenarioName} has no part ${partName}.`);
  process.stdout.write(`${JSON.stringify(await part())}\n`);
}
