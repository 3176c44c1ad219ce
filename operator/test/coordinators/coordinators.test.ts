import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../runtime/src/contract/control/client.ts';
import { MillraceError } from '../../../runtime/src/contract/errors.ts';
import { createNodeSystem } from '../../../runtime/src/sys/node-system.ts';
import { createLogger } from '../../../runtime/src/telemetry/logger.ts';
import { jobStatus } from '../../../runtime/test/coordinator/control/fake-control.ts';
import type { CoordinatorListener } from '../../src/coordinators/coordinator-client.ts';
import { Coordinators } from '../../src/coordinators/coordinators.ts';

const savepoint = { name: 'one', state: 'completed' };
const place = { uid: 'pod-1', job: 'shop/counts', host: '127.0.0.1', fingerprint: 'sha256:0' };

/** A coordinator with one savepoint that answers its removal as it is told. */
const rigWith = async (dispose: () => Promise<unknown>) => {
  const system = createNodeSystem();
  let listener: CoordinatorListener | undefined;
  let told = (): void => undefined;
  const ask = ((operation: string) => {
    if (operation === 'listSavepoints') return Promise.resolve({ savepoints: [savepoint] });
    if (operation === 'listWorkers') return Promise.resolve({ workers: [] });
    return operation === 'disposeSavepoint' ? dispose() : Promise.resolve({});
  }) as Ask;
  const coordinators = new Coordinators({
    system,
    logger: createLogger({ clock: system.clock, level: 'error', json: false }),
    dial: () => ({
      ask,
      follow: (given) => {
        listener = given;
        return { close: () => undefined };
      },
    }),
    onChange: () => told(),
  });
  coordinators.follow(place.job, [place]);
  const names = (): readonly string[] =>
    coordinators.viewOf(place.job, place.uid)?.savepoints.map(({ name }) => name) ?? [];
  const listed = new Promise<void>((resolve) => {
    told = () => (names().length > 0 ? resolve() : undefined);
  });
  listener?.onEvent({ type: 'status', status: jobStatus });
  await listed;
  return { names, ask: coordinators.askOf(place.job, place.uid) as Ask };
};

describe('the savepoints of a coordinator', () => {
  it('are those that it lists, without one that it has removed', async () => {
    const { names, ask } = await rigWith(() => Promise.resolve(savepoint));
    expect(names()).toEqual(['one']);
    await ask('disposeSavepoint', { savepoint: 'one' });
    expect(names()).toEqual([]);
  });

  it('do not have one that was gone already, and still have one that could not be removed', async () => {
    const gone = await rigWith(() => Promise.reject(new MillraceError('not-found', 'There is none.')));
    await expect(gone.ask('disposeSavepoint', { savepoint: 'one' })).rejects.toThrow('There is none.');
    expect(gone.names()).toEqual([]);
    const kept = await rigWith(() => Promise.reject(new MillraceError('io', 'The store is away.')));
    await expect(kept.ask('disposeSavepoint', { savepoint: 'one' })).rejects.toThrow('The store is away.');
    expect(kept.names()).toEqual(['one']);
  });
});
