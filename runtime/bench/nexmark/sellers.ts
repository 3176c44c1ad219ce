import { type KeyedCoProcessFunction, type ListState, listState } from 'millrace';

type Located = Record<'name' | 'city' | 'state', string>;
export interface SoldBy extends Located {
  readonly auction: number;
}

/** Pairs auctions with their seller, whichever comes first, for ever: both sides of the join are state. */
export const joinSellers = (): KeyedCoProcessFunction<number, { readonly id: number }, Located, SoldBy> => {
  let auctions: ListState<number>;
  let sellers: ListState<Located>;
  const sold = ({ name, city, state }: Located, auction: number): SoldBy => ({ name, city, state, auction });
  return {
    open(context) {
      auctions = context.state(listState<number>('auctions'));
      sellers = context.state(listState<Located>('sellers'));
    },
    process1({ id }, _context, output) {
      auctions.add(id);
      for (const seller of sellers.get()) output.emit(sold(seller, id));
    },
    process2(seller, _context, output) {
      sellers.add(seller);
      for (const id of auctions.get()) output.emit(sold(seller, id));
    },
  };
};
