import { describe, expect, it } from 'vitest';
import { delays } from '../dev/faults.ts';
import { ControllerRig } from './controller-rig.ts';
import { type Life, live, repeatedLife, startUnlucky, undisturbed, usualLife } from './lives.ts';

const lives: Readonly<Record<string, Life>> = { usual: usualLife, repeated: repeatedLife };

const seeds = [1, 2, 3, 4];
const rows = Object.keys(lives).flatMap((name) => seeds.map((seed) => [name, seed] as const));

const lifeNamed = (name: string): Life => lives[name] ?? [];

describe('an operator whose calls fail, whose lists are stale, and whose watches are late, silent, or lose what they are to tell', () => {
  it.each(rows)('ends up with the same (%s life, seed %i)', { timeout: 120_000 }, async (name, seed) => {
    const rig = new ControllerRig();
    startUnlucky(rig, seed);
    expect(await live(rig, lifeNamed(name))).toEqual(await undisturbed(lifeNamed(name)));
  });
});

describe('two operators that both take themselves for the leader', () => {
  it.each(Object.keys(lives))('end up with the same as one (%s life)', async (name) => {
    const rig = new ControllerRig();
    rig.startOperator();
    rig.startOperator();
    expect(await live(rig, lifeNamed(name))).toEqual(await undisturbed(lifeNamed(name)));
  });

  // Neither is blind: one that has heard nothing for minutes would not have kept its lease either.
  it.each(rows)(
    'take nothing from each other while calls fail and caches are behind (%s life, seed %i)',
    { timeout: 120_000 },
    async (name, seed) => {
      const rig = new ControllerRig();
      startUnlucky(rig, 2 * seed, delays);
      startUnlucky(rig, 2 * seed + 1, delays);
      expect(await live(rig, lifeNamed(name))).toEqual(await undisturbed(lifeNamed(name)));
    },
  );
});

describe('an operator that starts where all is as it is to be', () => {
  it.each(
    Object.entries(lives).flatMap(([name, life]) => life.map((step, i) => [name, step.name, i + 1] as const)),
  )('writes nothing (%s life, after “%s”, part %i)', async (name, _step, parts) => {
    const rig = new ControllerRig();
    const first = rig.startOperator();
    await live(rig, lifeNamed(name).slice(0, parts));
    first.kill();
    const { version } = rig;
    rig.startOperator();
    await rig.pass(10_000);
    expect(rig.version).toBe(version);
  });
});
