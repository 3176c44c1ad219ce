import type { Batch, TwoPhaseSink } from 'millrace';

/** How long a stall lasts at most: several checkpoints are begun meanwhile. */
const longestStallMs = 1500;

/** The same sink, which takes nothing for a while after every second batch or so, as a target under load. */
export const stalling = <Row, Transaction>(
  right: TwoPhaseSink<Row, Transaction>,
): TwoPhaseSink<Row, Transaction> => ({
  ...right,
  createWriter: async (context) => {
    const { random, timers } = context.system;
    const writer = await right.createWriter(context);
    let stalls = 0;
    return {
      hasRoom: () => stalls === 0,
      write: (batch: Batch) => {
        if (random.next() < 0.5) {
          stalls++;
          timers.after(random.next() * longestStallMs, () => {
            stalls--;
            context.wake();
          });
        }
        return writer.write(batch);
      },
      prepare: (checkpointId) => writer.prepare(checkpointId),
      flush: () => writer.flush(),
      close: () => writer.close(),
    };
  },
});
