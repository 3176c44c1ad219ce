/**
 * A thief tries a stolen card with a small payment, and when that goes through with a large one. An alert is given when a
 * large payment follows a small one of the same account within a minute. The state and the timer belong to the account.
 */
import {
  boundedOutOfOrderness,
  type Job,
  type KeyedProcessFunction,
  type ValueState,
  valueState,
} from 'millrace';
import { generator } from 'millrace/connectors/generator';
import { print } from 'millrace/connectors/print';

export type Payment = Readonly<Record<'account' | 'amount' | 'time', number>>;
export type Alert = Readonly<Record<'account' | 'tried' | 'amount', number>>;

const memoryMs = 60_000;

/** Remembers the last payment of an account when it was small, for a minute of event time. */
export const detectFraud = (): KeyedProcessFunction<number, Payment, Alert> => {
  let small: ValueState<{ readonly amount: number; readonly forgetMs: number } | undefined>;
  return {
    open(context) {
      small = context.state(valueState('small'));
    },
    process({ account, amount, time }, { timers }, output) {
      const last = small.value();
      if (last !== undefined) {
        if (amount > 500 && time < last.forgetMs) output.emit({ account, tried: last.amount, amount });
        timers.deleteEventTimeTimer(last.forgetMs);
        small.clear();
      }
      if (amount >= 1) return;
      small.update({ amount, forgetMs: time + memoryMs });
      timers.registerEventTimeTimer(time + memoryMs);
    },
    // Accounts that stay silent leave nothing behind.
    onTimer: () => small.clear(),
  };
};

/** Payments of a hundred accounts, one every 20 ms. */
const payments = generator<Payment>({
  count: 100_000,
  seed: 3,
  generate: (index, random) => {
    // One payment in fifty is very small, one in fifty large.
    const kind = random.integer(50);
    const amount = kind === 0 ? 0.5 : kind === 1 ? 900 : random.integer(500) + 1;
    return { account: random.integer(100), amount, time: index * 20 };
  },
});

const job: Job = (env) => {
  const inOrder = boundedOutOfOrderness<Payment>('0s').withTimestamps('time');
  env.fromSource(payments, inOrder).keyBy('account').process(detectFraud()).sinkTo(print());
};
export default job;
