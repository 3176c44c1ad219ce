import { describe, expect, it } from 'vitest';
import {
  type DataStream,
  type KeyedProcessFunction,
  type ListState,
  listState,
  type MapState,
  mapState,
  type ValueState,
  valueState,
} from '../../src/index.ts';
import { createHarness } from '../../src/testing/index.ts';

interface Basket {
  items: string[];
}
const basketState = valueState<Basket>('basket');

type Shop = KeyedProcessFunction<string, string, unknown>;
const byFirstLetter = (shop: Shop) => (items: DataStream<string>) =>
  items
    .keyBy((item) => item.charAt(0))
    .process(shop)
    .name('shop');

describe('a value of state', () => {
  /** `keep` keeps the basket in a variable instead of asking for it in each call. */
  const shop = (keep: boolean): Shop => {
    let state: ValueState<Basket | undefined> | undefined;
    let basket: Basket | undefined;
    return {
      open(context) {
        state = context.state(basketState);
      },
      process(item) {
        if (!keep || basket === undefined) basket = state?.value() ?? { items: [] };
        basket.items.push(item);
        if (!keep || basket.items.length === 1) state?.update(basket);
      },
    };
  };

  it('may be changed in the call that read it, when it is given back', async () => {
    const harness = await createHarness(byFirstLetter(shop(false)));
    for (const item of ['apple', 'banana', 'avocado']) await harness.push(item);
    expect(harness.stateOf('a').state(basketState).value()).toEqual({ items: ['apple', 'avocado'] });
  });

  it('that is changed in a later call, which did not ask for it, is an error that names the state', async () => {
    const harness = await createHarness(byFirstLetter(shop(true)));
    await harness.push('apple');
    await expect(harness.push('banana')).rejects.toMatchObject({
      code: 'user-code',
      message: expect.stringContaining('A value of the state “basket” was changed after the call') as string,
      where: { transform: 'shop', state: 'basket' },
    });
  });

  it('may be a list that was read before and grows by its own methods in a later call, and by nothing else', async () => {
    let list: ListState<string> | undefined;
    let stolen: string[] | undefined;
    const reader: Shop = {
      open(context) {
        list = context.state(listState<string>('list'));
      },
      process(item) {
        if (item === 'ask') stolen = list?.get() as string[];
        else if (item === 'axe') stolen?.push('not by the handle');
        else list?.add(item);
      },
    };
    const harness = await createHarness(byFirstLetter(reader));
    for (const item of ['apple', 'ask', 'avocado', 'ant']) await harness.push(item);
    expect(harness.stateOf('a').state(listState<string>('list')).get()).toEqual(['apple', 'avocado', 'ant']);
    await expect(harness.push('axe')).rejects.toThrow(
      'A value of the state “list” was changed after the call',
    );
  });

  it('is not looked at when the checks are off', async () => {
    const harness = await createHarness(byFirstLetter(shop(true)), { checks: false });
    await harness.push('apple');
    await harness.push('banana');
    expect(harness.stateOf('a').state(basketState).value()).toEqual({ items: ['apple', 'banana'] });
  });

  it('is found in lists and maps too, as what went in and as what came out', async () => {
    let list: ListState<{ n: number }> | undefined;
    let map: MapState<string, { n: number }> | undefined;
    const put = { n: 0 };
    let got: { n: number } | undefined;
    const keeper: Shop = {
      open(context) {
        list = context.state(listState<{ n: number }>('list'));
        map = context.state(mapState<string, { n: number }>('map'));
      },
      process(item) {
        if (item === 'a-put') list?.add(put);
        if (item === 'a-get') {
          map?.put('x', { n: 1 });
          for (const [, value] of map?.entries() ?? []) got = value;
        }
        if (item === 'a-change-put') put.n++;
        if (item === 'a-change-got' && got !== undefined) got.n++;
      },
    };
    const first = await createHarness(byFirstLetter(keeper));
    await first.push('a-put');
    await expect(first.push('a-change-put')).rejects.toThrow('the state “list”');
    const second = await createHarness(byFirstLetter(keeper));
    await second.push('a-get');
    await expect(second.push('a-change-got')).rejects.toThrow('the state “map”');
  });
});

describe('a record that was emitted', () => {
  it('is frozen with all that is in it, on its way in, between transforms, and on its way out', async () => {
    const harness = await createHarness((records: DataStream<{ deep: { n: number }[] }>) =>
      records.map((record) => ({ copy: record.deep.map(({ n }) => ({ n })) })).name('copy'),
    );
    const given = { deep: [{ n: 1 }] };
    await harness.push(given);
    expect(Object.isFrozen(given.deep[0])).toBe(true);
    expect(Object.isFrozen(harness.values[0]?.copy[0])).toBe(true);
  });

  it('cannot be used again by the function, which fails at the line that tries', async () => {
    const result = { n: 0 };
    const harness = await createHarness((numbers: DataStream<number>) =>
      numbers
        .map((n) => {
          result.n = n;
          return result;
        })
        .name('thrifty'),
    );
    await harness.push(1);
    await expect(harness.push(2)).rejects.toMatchObject({
      where: { transform: 'thrifty' },
      message: expect.stringContaining("Cannot assign to read only property 'n'") as string,
    });
  });

  it('cannot be changed by the next function', async () => {
    const harness = await createHarness((records: DataStream<{ tags: string[] }>) =>
      records
        .map(({ tags }) => ({ tags: [...tags] }))
        .filter((record) => record.tags.push('seen') > 0)
        .name('marks'),
    );
    await expect(harness.push({ tags: [] })).rejects.toMatchObject({ where: { transform: 'marks' } });
  });

  it('is compared where it cannot be frozen: bytes', async () => {
    const bytes = new Uint8Array(2);
    const harness = await createHarness((numbers: DataStream<number>) =>
      numbers
        .map((n) => {
          bytes[0] = n;
          return { bytes };
        })
        .name('buffer'),
    );
    await harness.push(1);
    await expect(harness.push(2)).rejects.toThrow(
      'A record of “buffer” was changed after it had been emitted',
    );
  });

  it('must be a value that a record may be', async () => {
    class Money {
      readonly cents = 5;
    }
    const harness = await createHarness((numbers: DataStream<number>) =>
      numbers.map(() => ({ price: new Money() })).name('money'),
    );
    await expect(harness.push(1)).rejects.toMatchObject({ code: 'value-unsupported' });
  });
});
