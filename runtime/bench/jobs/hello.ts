import type { Job } from 'millrace';
import { collection } from 'millrace/connectors/collection';
import { print } from 'millrace/connectors/print';

/** The least that a job can do. */
const job: Job = (env) => env.fromSource(collection(['hello'])).sinkTo(print());
export default job;
