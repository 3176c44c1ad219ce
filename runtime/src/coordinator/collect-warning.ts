import type { PhysicalGraph } from '../graph/physical-graph.ts';

/**
 * What to tell of `collect` sinks in a job whose slots have threads of their own: each thread loads the job anew, so that each
 * fills a `Collected` that nobody else sees. Undefined when there is nothing to tell.
 */
export const collectWarning = (graph: PhysicalGraph): string | undefined => {
  if (graph.slots === 1) return undefined;
  const names = graph.tasks.flatMap((task) =>
    task.chain.flatMap(({ name, spec }) =>
      spec.kind === 'sink' && spec.sink.kind === 'collect' ? [`“${name}”`] : [],
    ),
  );
  if (names.length === 0) return undefined;
  return (
    `collect keeps records in the memory of one thread: of ${names.join(', ')} each of the ${graph.slots} slots fills a copy ` +
    'of its own that nobody else sees; use one slot, or executeAndCollect of millrace/testing'
  );
};
