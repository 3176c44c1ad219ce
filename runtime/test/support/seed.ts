/** Before every test file: random inputs are the same in every run. A file may choose a seed of its own. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_011 });
