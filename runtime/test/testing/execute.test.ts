import { describe, expect, it } from 'vitest';
import { Collected, collect } from '../../src/connectors/collect/index.ts';
import { collection } from '../../src/connectors/collection/index.ts';
import { generator } from '../../src/connectors/generator/index.ts';
import { httpIngest } from '../../src/connectors/http/index.ts';
import { createNodeSystem } from '../../src/sys/node-system.ts';
import type { System } from '../../src/sys/system.ts';
import { executeAndCollect, runJob, startJob } from '../../src/testing/index.ts';

describe('executeAndCollect', () => {
  it('gives the results of the stream that the function returns, in order', async () => {
    const doubled = await executeAndCollect((env) => env.fromSource(collection([1, 2, 3])).map((n) => n * 2));
    expect(doubled).toEqual([2, 4, 6]);
  });

  it('gives the function its arguments, and runs it in several slots', async () => {
    const results = await executeAndCollect(
      (env, { by }) => env.fromSource(collection([1, 2, 3, 4])).map((n) => n * Number(by)),
      { args: { by: '10' }, parallelism: 3 },
    );
    expect([...results].sort((a, b) => a - b)).toEqual([10, 20, 30, 40]);
  });

  it('throws what the job failed with', async () => {
    const run = executeAndCollect((env) =>
      env.fromSource(collection([1])).map((): number => {
        throw new Error('no');
      }),
    );
    await expect(run).rejects.toThrow('no');
  });

  it('drops what a failed attempt had collected when the job is restarted', async () => {
    let attempts = 0;
    const results = await executeAndCollect(
      (env) =>
        env.fromSource(collection([1, 2, 3])).map((n) => {
          if (n === 3 && ++attempts === 1) throw new Error('once');
          return n;
        }),
      { restart: { strategy: 'FixedDelay', attempts: 2, delayMs: 1 }, chaining: false },
    );
    expect(results).toEqual([1, 2, 3]);
  });
});

describe('runJob', () => {
  it('tells how the job ended and does not throw', async () => {
    const job = (fail: boolean) =>
      runJob((env) =>
        env
          .fromSource(collection([1]))
          .map((n) => {
            if (fail) throw new Error('no');
            return n;
          })
          .sinkTo(collect(new Collected<number>())),
      );
    expect(await job(false)).toMatchObject({ state: 'finished', attempts: 1 });
    expect(await job(true)).toMatchObject({ state: 'failed', error: { code: 'user-code' } });
  });

  it('hands over dead letters', async () => {
    const letters: unknown[] = [];
    const result = await runJob(
      (env) =>
        env
          .fromSource(collection([1, 2]))
          .map((n) => {
            if (n === 1) throw new Error('no ones');
            return n;
          })
          .sinkTo(collect(new Collected<number>())),
      { deadLetterPolicy: 'deadLetter', onDeadLetter: (letter) => void letters.push(letter) },
    );
    expect(result.state).toBe('finished');
    expect(letters).toMatchObject([{ record: 1, reason: 'no ones' }]);
  });
});

/** A machine that tells where its servers listen. */
const withAddress = (): { readonly system: System; readonly address: Promise<string> } => {
  const system = createNodeSystem();
  let tell: (address: string) => void = () => undefined;
  const address = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const listen: System['http']['listen'] = async (handler, at) => {
    const server = await system.http.listen(handler, at);
    tell(`http://127.0.0.1:${server.port}/records`);
    return server;
  };
  return { system: { ...system, http: { ...system.http, listen } }, address };
};

describe('startJob', () => {
  it('runs a job that does not end by itself until it is stopped', async () => {
    const collected = new Collected<number>();
    const running = startJob((env) =>
      env.fromSource(generator({ generate: (index) => index })).sinkTo(collect(collected)),
    );
    while (collected.values.length < 5000) await new Promise((resolve) => setImmediate(resolve));
    running.stop();
    expect(await running.ended).toMatchObject({ state: 'stopped' });
    expect(collected.values.slice(0, 3)).toEqual([0, 1, 2]);
  });

  it('loses nothing that a client was told to be taken when the job stops', async () => {
    const { system, address } = withAddress();
    const collected = new Collected<unknown>();
    const running = startJob((env) => env.fromSource(httpIngest({ port: 0 })).sinkTo(collect(collected)), {
      system,
    });
    const url = await address;
    let accepted = 0;
    for (let post = 0; post < 20; post++) {
      const body = Array.from({ length: 50 }, (_, i) => `{"n":${post * 50 + i}}`).join('\n');
      const response = await fetch(url, { method: 'POST', body });
      accepted += ((await response.json()) as { accepted: number }).accepted;
    }
    running.stop();
    expect(await running.ended).toMatchObject({ state: 'stopped' });
    expect(accepted).toBe(1000);
    expect(collected.values).toHaveLength(1000);
  });

  it('can be cancelled', async () => {
    const running = startJob((env) =>
      env.fromSource(generator({ generate: (index) => index })).sinkTo(collect(new Collected<number>())),
    );
    await new Promise((resolve) => setImmediate(resolve));
    await running.cancel();
    expect(await running.ended).toMatchObject({ state: 'cancelled' });
  });
});
