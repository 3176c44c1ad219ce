import type { Columns } from './columns.ts';
import { dateTime, lettersBy } from './columns.ts';
import { auctionsPerGroup, coldPerson, type Events, firstId, groupOf, priceOf } from './hashes.ts';
import { hotChannels, hotPaths, lettersFrom } from './words.ts';

export interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  /** In ms since the epoch. */
  readonly dateTime: number;
  readonly extra: string;
}

/** Half of the bids go to the hot auction, the others to the last 100 and ten to come. */
const auctionOf = (hash: number, group: number): number => {
  const last = group * auctionsPerGroup + auctionsPerGroup - 1;
  if (hash % 2 === 0) return firstId + Math.floor(last / 100) * 100;
  const half = Math.floor(hash / 2);
  return firstId + (last < 100 ? half % (last + 11) : last - 100 + (half % 111));
};

/** Three quarters of the bids come from the hot bidder. */
const bidderOf = (hash: number, group: number): number =>
  firstId + (hash % 4 > 0 ? Math.floor(group / 100) * 100 + 1 : coldPerson(Math.floor(hash / 4), group));

const channels = 10_000;
/** Half of the bids come through one of four hot channels, the others through one of ten thousand. */
const hotOf = (hash: number): number => hash % 8;
const channelOf = (hash: number): number => Math.floor(hash / 8) % channels;

const address = (path: string, query: string): string =>
  `https://www.nexmark.com/${path}/item.htm?query=1${query}`;

const coldAddress = (channel: number): string => {
  const words = [channel % 256, (channel * 7 + 3) % 256, (channel * 13 + 5) % 256];
  const path = words.map((start) => lettersFrom(start, 5)).join('/');
  return address(path, channel % 10 > 0 ? `&channel_id=${channel * 104_729 + 7}` : '');
};

/** The texts of the cold channels, each made when it first comes up, as the generator of the Nexmark suite does it. */
const cached = (make: (channel: number) => string): ((channel: number) => string) => {
  const texts = new Array<string | undefined>(channels);
  return (channel) => {
    const known = texts[channel];
    if (known !== undefined) return known;
    const text = make(channel);
    texts[channel] = text;
    return text;
  };
};

const channelTexts = (hot: readonly string[], cold: (channel: number) => string) => {
  const coldText = cached(cold);
  return (events: Events) => {
    const hashes = events.hash(3);
    const values = new Array<string>(events.length);
    for (let i = 0; i < values.length; i++) {
      const hash = hashes[i] as number;
      values[i] = hotOf(hash) < 4 ? (hot[hotOf(hash)] as string) : coldText(channelOf(hash));
    }
    return { type: 'string', values } as const;
  };
};

/** The columns of bids. */
export const createBidColumns = (): Columns => ({
  auction: (events) => {
    const hashes = events.hash(0);
    const values = new Float64Array(events.length);
    for (let i = 0; i < values.length; i++) {
      values[i] = auctionOf(hashes[i] as number, groupOf(events.numbers[i] as number));
    }
    return { type: 'number', values };
  },
  bidder: (events) => {
    const hashes = events.hash(1);
    const values = new Float64Array(events.length);
    for (let i = 0; i < values.length; i++) {
      values[i] = bidderOf(hashes[i] as number, groupOf(events.numbers[i] as number));
    }
    return { type: 'number', values };
  },
  price: (events) => {
    const hashes = events.hash(2);
    const values = new Float64Array(events.length);
    for (let i = 0; i < values.length; i++) values[i] = priceOf(hashes[i] as number);
    return { type: 'number', values };
  },
  channel: channelTexts(hotChannels, (channel) => `channel-${channel}`),
  url: channelTexts(
    hotPaths.map((path) => address(path, '')),
    coldAddress,
  ),
  dateTime,
  extra: (events) => lettersBy(events.hash(4), 80, 120),
});
