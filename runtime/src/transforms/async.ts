import type { AsyncFunction, AsyncSettings } from '../api/async.ts';
import type { TransformSpec } from '../api/transform.ts';
import { MillraceError } from '../contract/errors.ts';
import type { Outcome, PooledCall } from './async/call-pool.ts';
import type { InFlight } from './async/in-flight.ts';
import { InFlightProcessor } from './async/in-flight-processor.ts';
import type { Processor, ProcessorContext } from './processor.ts';

/** Calls the user's asynchronous function for each record. */
class AsyncProcessor extends InFlightProcessor {
  private readonly user: AsyncFunction<unknown, unknown>;
  private readonly calls = new Map<InFlight, PooledCall>();

  constructor(settings: AsyncSettings, context: ProcessorContext) {
    super(context, { ...settings, lifecycle: settings.function });
    this.user = settings.function;
  }

  protected start(element: InFlight): void {
    const call = this.pool.run(
      (signal) => this.user.call(element.value, signal),
      (outcome) => this.ended(element, outcome),
    );
    this.calls.set(element, call);
  }

  protected cancel(element: InFlight): void {
    this.calls.get(element)?.cancel();
    this.calls.delete(element);
  }

  protected emitResults(element: InFlight): void {
    const { results } = element;
    if (!Array.isArray(results)) throw noList(this.context.transformName);
    for (const result of results) this.outputs.emit(result);
  }

  private ended(element: InFlight, outcome: Outcome): void {
    this.calls.delete(element);
    if (outcome.kind === 'result') element.results = outcome.value;
    else if (outcome.kind === 'failure') element.failure = { error: outcome.error };
    else this.timedOut(element, outcome.error);
    this.complete(element);
  }

  private timedOut(element: InFlight, error: MillraceError): void {
    try {
      if (this.user.onTimeout === undefined) element.failure = { error };
      else element.results = this.user.onTimeout(element.value);
    } catch (thrown) {
      element.failure = { error: thrown };
    }
  }
}

const noList = (transformName: string): MillraceError =>
  new MillraceError(
    'user-code',
    `“call” of the transform “${transformName}” did not give a list of results.`,
    {
      hint: 'Resolve to an array, also for one result or none; mapAsync takes a single result as it is.',
      where: { transform: transformName },
    },
  );

export const createAsyncProcessor = (
  spec: Extract<TransformSpec, { kind: 'async' }>,
  context: ProcessorContext,
): Processor => new AsyncProcessor(spec.async, context);
