import fc from 'fast-check';
import { expect, it } from 'vitest';
import { text } from './conformance.ts';
import { FakeS3, type Fault, s3Refusal } from './fake-s3.ts';
import { impatientSystem, openS3, s3At } from './s3-support.ts';

const fault = fc.constantFrom<Fault | undefined>(
  undefined,
  { kind: 'resetBefore' },
  { kind: 'resetAfter' },
  { kind: 'truncate' },
  s3Refusal(503, 'SlowDown'),
  s3Refusal(409, 'ConditionalRequestConflict'),
);

it('lets one of 16 writers win each key, whatever happens to requests and answers', async () => {
  const server = new FakeS3();
  const endpoint = await server.listen();
  const program = fc.record({
    faults: fc.array(fault, { maxLength: 80 }),
    // Which of three keys each writer claims.
    writers: fc.array(fc.nat(2), { minLength: 16, maxLength: 16 }),
  });
  await fc.assert(
    fc.asyncProperty(program, async ({ faults, writers }) => {
      server.fault = () => undefined;
      const store = await openS3(impatientSystem(), s3At(endpoint));
      const begin = server.seen.length;
      server.fault = (_, number) => faults[number - begin];
      const claims = writers.map(async (key, writer) => {
        const mine = text(`writer ${writer}`);
        return { key: `log/${key}`, mine, answer: await store.putIfAbsent(`log/${key}`, mine) };
      });
      const answered = await Promise.all(claims);
      server.fault = () => undefined;
      for (const { key, mine, answer } of answered) {
        const kept = await store.get(key);
        expect([answer, kept]).toEqual(
          Buffer.compare(kept ?? text(''), mine) === 0 ? ['written', mine] : ['exists', kept],
        );
      }
      for (const key of new Set(answered.map((claim) => claim.key))) {
        expect(answered.filter((claim) => claim.key === key && claim.answer === 'written')).toHaveLength(1);
      }
      await store.remove(answered.map(({ key }) => key));
      await store.close();
    }),
    { numRuns: 60 },
  );
  await server.close();
});
