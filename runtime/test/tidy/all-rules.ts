import type { Rule } from './rule.ts';
import {
  oneCodeGenerator,
  oneDoorForAPackage,
  onlySysImportsNode,
  onlySysTouchesTheWorld,
} from './rules/doors.ts';
import { concreteImports, importOrder, operatorBorder, relativeInside } from './rules/imports.ts';
import { noModuleState } from './rules/module-state.ts';
import { noOrphans } from './rules/orphans.ts';
import { pureDecisions } from './rules/purity.ts';
import { folderProse, shortFiles, shortFunctions, typedExports, wholeWords } from './rules/shape.ts';
import { everyTestRuns, sentencesAsNames, testsMirrorSource } from './rules/tests.ts';
import {
  exactTopLevel,
  noMachinePaths,
  noRegistryHosts,
  noSilencedChecks,
  nothingUnfinished,
  parsesCleanly,
} from './rules/text.ts';

/** Every rule that the repository is held to. */
export const allRules: readonly Rule[] = [
  importOrder,
  concreteImports,
  operatorBorder,
  relativeInside,
  onlySysTouchesTheWorld,
  onlySysImportsNode,
  oneDoorForAPackage,
  oneCodeGenerator,
  pureDecisions,
  noModuleState,
  noOrphans,
  folderProse,
  shortFiles,
  shortFunctions,
  typedExports,
  wholeWords,
  sentencesAsNames,
  everyTestRuns,
  testsMirrorSource,
  exactTopLevel,
  noMachinePaths,
  noRegistryHosts,
  nothingUnfinished,
  noSilencedChecks,
  parsesCleanly,
];
