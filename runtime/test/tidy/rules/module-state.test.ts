import { describe, expect, it } from 'vitest';
import { findingsIn } from '../in-memory.ts';
import { noModuleState } from './module-state.ts';

const path = 'runtime/src/task/slot.ts';
const found = (text: string): string[] => findingsIn(noModuleState, { [path]: text });

describe('state of a module', () => {
  it('is a variable that can be assigned', () => {
    expect(found('let count = 0;\nexport var other = 1;')).toEqual([
      `${path}:1: let count is a variable of the module`,
      `${path}:2: var other is a variable of the module`,
    ]);
  });

  it.each([
    ['a map that a function fills', 'const cache = new Map();\nexport const get = () => cache.set(1, 2);'],
    ['an array that a method extends', 'const cache = [];\nclass A { add() { cache.push(1); } }'],
    ['an object whose field a function assigns', 'const cache = { n: 0 };\nfunction add() { cache.n = 1; }'],
    [
      'an object that is changed far below',
      'const cache = { a: { b: [0] } };\nconst add = () => { cache.a.b[0]++; };',
    ],
    ['an object that loses a field', 'const cache = {};\nconst drop = (k) => { delete cache[k]; };'],
    [
      'a typed array that a function writes',
      'const cache = new Float64Array(9);\nconst put = () => { cache[0] = 1; };',
    ],
    [
      'an array behind a cast',
      'const cache = [] as number[];\nconst add = () => { (cache as number[]).push(1); };',
    ],
  ])('is %s', (_, text) => {
    expect(found(text)).toEqual([`${path}:2: a function changes cache, which belongs to the module`]);
  });

  it('is a static field of a class', () => {
    expect(found('class A { static count = 0; }')).toHaveLength(1);
    expect(found('class A { static readonly none = 0; readonly own = []; static of() {} }')).toEqual([]);
  });

  it('is not a constant, however it is made', () => {
    const text = `
      const names = ['a', 'b'] as const;
      const table = new Uint32Array(256);
      for (let i = 0; i < 256; i += 1) table[i] = i;
      const known = new Set(names);
      const read = (n: number) => known.has('a') && table[n];
      declare let outside: number;`;
    expect(found(text)).toEqual([]);
  });

  it('is not what a function keeps for itself, also under the same name', () => {
    const text = `
      const rows = Object.freeze([]);
      const a = () => { const rows = []; rows.push(1); };
      const b = (rows: number[]) => { rows[0] = 1; };
      const c = () => { let n = 0; return () => { n += 1; }; };`;
    expect(found(text)).toEqual([]);
  });

  it('is not a scratch buffer that holds nothing between two calls', () => {
    const text =
      'const scratchBits = new Float64Array(1);\nconst bits = (n: number) => { scratchBits[0] = n; };';
    expect(found(text)).toEqual([]);
    expect(found('const scratch = new Map();\nconst a = () => { scratch.set(1, 2); };')).toHaveLength(1);
  });

  it('is no matter of tests', () => {
    expect(findingsIn(noModuleState, { 'runtime/test/task/slot.test.ts': 'let count = 0;' })).toEqual([]);
  });
});
