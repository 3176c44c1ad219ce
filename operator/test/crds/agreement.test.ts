import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServer } from '../../../e2e/cluster/api-server.ts';
import { tryKubectl } from '../../../e2e/cluster/kubectl.ts';
import { apiServerTool, getting, isSkipped } from '../../../e2e/harness/tools.ts';
import { checkStreamJob } from '../../../runtime/src/contract/check-stream-job.ts';
import { checkSavepoint } from '../../../runtime/src/contract/savepoint.ts';
import { jobSpecs, type Spec, savepointSpecs } from './agreement-table.ts';
import { apiVersion, job, startWithDefinitions } from './support.ts';

interface Wish {
  readonly name: string;
  readonly object: object;
  readonly isGood: boolean;
}

const wishesOf = (
  kind: string,
  specs: readonly Spec[],
  isGood: (object: unknown) => boolean,
): readonly Wish[] =>
  specs.map((spec, place) => {
    const name = `case-${place}`;
    const object = { apiVersion, kind, metadata: { name }, spec };
    return { name, object, isGood: isGood(object) };
  });

describe.skipIf(isSkipped(apiServerTool))(
  `the rules of a real API server (${getting(apiServerTool)})`,
  () => {
    let server: ApiServer;
    const call = (args: readonly string[], input = '') => tryKubectl(server.kubeconfig, args, input);

    beforeAll(async () => {
      server = await startWithDefinitions();
    }, 180_000);
    afterAll(() => server?.close());

    it.each([
      ['StreamJob', wishesOf('StreamJob', jobSpecs, (object) => checkStreamJob(object).ok)],
      ['Savepoint', wishesOf('Savepoint', savepointSpecs, (object) => checkSavepoint(object).ok)],
    ])(
      'take and refuse of %s what the contract takes and refuses',
      async (kind, wishes) => {
        const text = wishes.map(({ object }) => JSON.stringify(object)).join('\n---\n');
        const { output, errors } = await call(
          ['create', '--dry-run=server', '--validate=strict', '-f', '-'],
          text,
        );
        const taken = new Set([...output.matchAll(/\/(case-\d+) created/g)].map(([, name]) => name));
        const otherwise = wishes.filter(({ name, isGood }) => taken.has(name) !== isGood);
        expect(
          otherwise.map(({ name, object, isGood }) => ({ name, isGood, object: JSON.stringify(object) })),
          errors,
        ).toEqual([]);
        expect(
          wishes.some(({ isGood }) => isGood),
          kind,
        ).toBe(true);
        expect(
          wishes.some(({ isGood }) => !isGood),
          kind,
        ).toBe(true);
      },
      120_000,
    );

    it('say with the words of the contract what is wrong', async () => {
      const { errors } = await call(
        ['create', '--dry-run=server', '-f', '-'],
        job('words', { parallelism: 9, maxParallelism: 8, deletion: { timeout: '2d' } }),
      );
      expect(errors).toContain('expected maxParallelism to be at least the parallelism');
      expect(errors).toContain('spec.deletion.timeout');
      expect(errors).toContain('expected a duration from 0s to 1d');
    }, 60_000);
  },
);
