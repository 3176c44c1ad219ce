/** Holds a bit of every kind of state; what it prints depends on nothing but the state that it begins with, and on `count`. */
import {
  aggregatingState,
  boundedOutOfOrderness,
  broadcastState,
  count,
  listState,
  mapState,
  reducingState,
  session,
  sum,
  tumbling,
  valueState,
} from 'millrace';
import { generator } from 'millrace/connectors/generator';
import { print } from 'millrace/connectors/print';

const rules = broadcastState('rules');
const mean = {
  create: () => ({ sum: 0, count: 0 }),
  add: ({ sum: total, count: n }, value) => ({ sum: total + value, count: n + 1 }),
  result: ({ sum: total, count: n }) => total / n,
};

/** Behind all records. */
const lastMs = 1e9;

/** Keeps what it has seen of each name in all forms, and tells it at the end, by a timer. */
class Remember {
  open(context) {
    this.total = context.state(valueState('total', { type: 'number', default: 0 }));
    this.text = context.state(valueState('text'));
    this.recent = context.state(listState('recent'));
    this.byDigit = context.state(mapState('byDigit'));
    this.largest = context.state(reducingState('largest', (one, other) => Math.max(one, other)));
    this.mean = context.state(aggregatingState('mean', mean));
  }
  process({ n, timeMs }, { timers }) {
    this.total.update(this.total.value() + n);
    this.text.update({ n, text: `number ${n}`, big: BigInt(n), at: new Date(timeMs) });
    if (this.recent.get().length > 4) this.recent.clear();
    this.recent.add(n);
    this.byDigit.put(n % 10, (this.byDigit.get(n % 10) ?? 0) + 1);
    this.largest.add(n);
    this.mean.add(n);
    timers.registerEventTimeTimer(Math.floor(timeMs / 1000) * 1000 + 1500);
    timers.registerEventTimeTimer(lastMs);
  }
  onTimer(atMs, { key }, output) {
    // Before the end it depends on batches what has been seen.
    if (atMs !== lastMs) return output.emit(`${key} at ${atMs}`);
    const { text, at } = this.text.value();
    output.emit(
      `${key} at ${atMs}: ${this.total.value()}, ${text} of ${at.toISOString()}, ${this.recent.get().join(' ')}, ` +
        `${[...this.byDigit.entries()].map(([digit, n]) => `${digit}=${n}`).join(' ')}, ${this.largest.get()}, ${this.mean.get()}`,
    );
  }
}

/** Tells some numbers together with the rule, which came as a record itself before all of them. */
const watch = {
  process: ({ n }, context, output) => {
    const least = context.broadcastState(rules).get('least');
    if (least !== undefined && n % 50 === 7) output.emit(`${n} while least is ${least}`);
  },
  processBroadcast: ({ n }, context) => context.broadcastState(rules).put('least', n),
};

export default (env, { records = '1500', rate }) => {
  const numbers = env
    .fromSource(
      generator({
        generate: (n) => ({ n, name: `name-${n % 3}`, timeMs: n * 10 - (n % 4) }),
        count: Number(records),
        ...(rate === undefined ? {} : { recordsPerSecond: Number(rate) }),
      }),
      boundedOutOfOrderness('50ms').withTimestamps('timeMs'),
    )
    .uid('numbers');
  const byName = numbers.keyBy('name');
  byName.process(new Remember()).uid('remember').sinkTo(print()).name('memories');
  byName
    .window(tumbling('1s'))
    .aggregate({ counted: count(), total: sum('n') })
    .uid('windows')
    .map((row) => `window ${row.windowStart} of ${row.key}: ${row.counted}, ${row.total}`)
    .sinkTo(print())
    .name('windows-shown');
  numbers
    .filter(({ n }) => n % 40 < 20)
    .keyBy('name')
    .window(session('150ms'))
    .aggregate({ counted: count() })
    .uid('sessions')
    .map((row) => `session ${row.windowStart} to ${row.windowEnd} of ${row.key}: ${row.counted}`)
    .sinkTo(print())
    .name('sessions-shown');
  numbers
    .connect(numbers.filter(({ n }) => n === 0).broadcast(rules))
    .process(watch)
    .uid('watch')
    .sinkTo(print())
    .name('watched');
};
