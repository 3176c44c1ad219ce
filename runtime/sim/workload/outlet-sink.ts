import {
  type Batch,
  type ConnectorContext,
  MillraceError,
  type TwoPhaseSink,
  type TwoPhaseSinkWriter,
} from 'millrace';
import type { System } from '../../src/sys/system.ts';
import type { SimulatedProcess } from '../process.ts';
import type { Outlet, Row } from './outlet.ts';

/** What a sink of the simulation needs to know of the world behind the `System` that it is given. */
export interface OutletDoor {
  readonly outlet: Outlet;
  processOf(system: System): SimulatedProcess;
}

const unreachable = (): Error => new Error('The outlet did not answer.');

/** Numbers the transactions of one writer: a checkpoint may seal more than one if it is tried again. */
class OutletWriter implements TwoPhaseSinkWriter<string> {
  private readonly door: OutletDoor;
  private readonly sink: string;
  private readonly context: ConnectorContext;
  private rows: Row[] = [];
  private sealed = 0;

  constructor(door: OutletDoor, sink: string, context: ConnectorContext) {
    this.door = door;
    this.sink = sink;
    this.context = context;
  }

  write(batch: Batch): void {
    this.rows.push(...(batch.rows() as readonly Row[]));
  }

  async prepare(checkpointId: number): Promise<readonly string[]> {
    const { rows, context, sink, door } = this;
    this.rows = [];
    if (rows.length === 0) return [];
    const { subtask, attempt } = context;
    const process = door.processOf(context.system);
    const id = `${sink}-${subtask}-${attempt}-${++this.sealed}-${process.name}`;
    const transaction = { id, sink, subtask, attempt, checkpointId, rows };
    await process.call('outlet.seal', id, () => door.outlet.seal(transaction), unreachable);
    return [id];
  }

  flush(): void {
    // What is written becomes visible by a checkpoint only.
  }

  close(): void {
    this.rows = [];
  }
}

const commit = (outlet: Outlet, id: string): void => {
  try {
    outlet.commit(id);
  } catch (error) {
    throw new MillraceError('output-lost', (error as Error).message, { cause: error });
  }
};

/** A two-phase sink whose transactions are in the outlet. */
export const outletSink = (door: OutletDoor, sink: string): TwoPhaseSink<Row, string> => ({
  kind: 'outlet',
  delivery: 'exactly-once',
  createWriter: (context) => new OutletWriter(door, sink, context),
  createCommitter: (context) => {
    const process = door.processOf(context.system);
    const { outlet } = door;
    return {
      commit: (id) => process.call('outlet.commit', id, () => commit(outlet, id), unreachable),
      abort: (id) => process.call('outlet.abort', id, () => outlet.abort(id), unreachable),
      abortOlder: (attempt) =>
        process.call(
          'outlet.abortOlder',
          `${sink} before ${attempt}`,
          () => outlet.abortOlder(sink, attempt),
          unreachable,
        ),
    };
  },
});
