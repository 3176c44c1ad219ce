/** Sub-buckets an octave: a bucket is 1/16 of a power of two wide, so a quantile is off by at most 1/32 ≈ 3 % of its value. */
const subBucketBits = 4;
const subBuckets = 1 << subBucketBits;
/** Values from 2^−10 (a microsecond in ms) to 2^40 (34 years in ms, a TiB) are told apart; all below are one bucket, all above another. */
const lowestExponent = -10;
const octaves = 50;
/** Bucket 0 holds what is below the lowest value, zero and negative numbers included; the last holds what is above the highest. */
const bucketCount = octaves * subBuckets + 2;

const exponentBias = 1023;
const firstCode = (exponentBias + lowestExponent) << subBucketBits;

/** A number on its way from one view of its bits to the other; holds nothing between two calls. */
const scratchNumber = new Float64Array(1);
const scratchWords = new Uint32Array(scratchNumber.buffer);
/** Which of the two words holds sign, exponent and the first bits of the fraction. */
const highWord = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/** Eleven bits of exponent and the first bits of the fraction are the bucket's number: no logarithm is taken. */
const bucketOf = (value: number): number => {
  if (value <= 0) return 0;
  scratchNumber[0] = value;
  const code = ((scratchWords[highWord] ?? 0) >>> (20 - subBucketBits)) - firstCode + 1;
  return code < 0 ? 0 : code >= bucketCount ? bucketCount - 1 : code;
};

/** The middle of a bucket. The first and the last have none: the caller clamps to the extremes seen. */
const middleOf = (bucket: number): number => {
  if (bucket === 0) return Number.NEGATIVE_INFINITY;
  if (bucket === bucketCount - 1) return Number.POSITIVE_INFINITY;
  const octave = 2 ** (lowestExponent + Math.floor((bucket - 1) / subBuckets));
  return octave * (1 + (((bucket - 1) % subBuckets) + 0.5) / subBuckets);
};

/** Where the octave of a bucket ends: no value in it is above. */
export const upperBound = (bucket: number): number => {
  if (bucket === 0) return 2 ** lowestExponent;
  if (bucket === bucketCount - 1) return Number.POSITIVE_INFINITY;
  return 2 ** (lowestExponent + Math.floor((bucket - 1) / subBuckets) + 1);
};

/** A histogram as plain data: only the buckets that hold something, as pairs of number and count. */
export interface HistogramData {
  readonly count: number;
  readonly sum: number;
  /** Smallest and largest value, exact; NaN when nothing was recorded. */
  readonly minimum: number;
  readonly maximum: number;
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/** What a person wants to know of a histogram; all NaN but `count` when nothing was recorded. */
export interface HistogramSummary {
  readonly count: number;
  readonly minimum: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly maximum: number;
}

/**
 * The distribution of many values in 6.4 KB, however many there are: log-linear buckets, so that quantiles keep a relative
 * error of 3 % between a microsecond and 34 years (in ms). Count, sum, minimum and maximum are exact. NaN is not recorded.
 */
export class Histogram {
  readonly #buckets: Float64Array = new Float64Array(bucketCount);
  #count: number = 0;
  #sum: number = 0;
  #minimum: number = Number.POSITIVE_INFINITY;
  #maximum: number = Number.NEGATIVE_INFINITY;

  get count(): number {
    return this.#count;
  }

  /** Records a value; allocates nothing. */
  record(value: number): void {
    if (Number.isNaN(value)) return;
    const bucket = bucketOf(value);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#sum += value;
    if (value < this.#minimum) this.#minimum = value;
    if (value > this.#maximum) this.#maximum = value;
  }

  /** Takes over all values of another histogram; the same as if they had been recorded here. */
  add(other: HistogramData): void {
    if (other.count === 0) return;
    for (const [bucket, count] of other.buckets) this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + count;
    this.#count += other.count;
    this.#sum += other.sum;
    this.#minimum = Math.min(this.#minimum, other.minimum);
    this.#maximum = Math.max(this.#maximum, other.maximum);
  }

  /** The value below which the share `q` (0 to 1) of all values lies; 0 and 1 are exact. NaN when nothing was recorded. */
  quantile(q: number): number {
    if (this.#count === 0) return Number.NaN;
    if (q <= 0) return this.#minimum;
    const rank = Math.ceil(Math.min(q, 1) * this.#count);
    if (rank >= this.#count) return this.#maximum;
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.#buckets[bucket] ?? 0;
      if (seen >= rank) return Math.min(Math.max(middleOf(bucket), this.#minimum), this.#maximum);
    }
    return this.#maximum;
  }

  summary(): HistogramSummary {
    return {
      count: this.#count,
      minimum: this.quantile(0),
      mean: this.#count === 0 ? Number.NaN : this.#sum / this.#count,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
      maximum: this.quantile(1),
    };
  }

  /** The contents as plain data, for another thread, a file or `add`. */
  data(): HistogramData {
    const buckets: (readonly [number, number])[] = [];
    this.#buckets.forEach((count, bucket) => {
      if (count > 0) buckets.push([bucket, count]);
    });
    const empty = this.#count === 0;
    return {
      count: this.#count,
      sum: this.#sum,
      minimum: empty ? Number.NaN : this.#minimum,
      maximum: empty ? Number.NaN : this.#maximum,
      buckets,
    };
  }

  /** A histogram with these contents. */
  static from(data: HistogramData): Histogram {
    const histogram = new Histogram();
    histogram.add(data);
    return histogram;
  }
}
