import type { CheckpointManifest } from '../checkpoint/manifest.ts';
import type { SlotAck } from '../worker/snapshot-upload.ts';

/** What happens to the checkpoints of a job, as it is told to who keeps a record of it. */
export type CheckpointEvent =
  | {
      readonly what: 'triggered';
      readonly id: number;
      readonly kind: CheckpointManifest['kind'];
      readonly attempt: number;
    }
  | { readonly what: 'acknowledged'; readonly ack: SlotAck }
  /** `entry`: the number of its manifest in the log. */
  | { readonly what: 'completed'; readonly manifest: CheckpointManifest; readonly entry: number }
  | { readonly what: 'failed'; readonly id: number; readonly reason: string }
  /** An attempt goes on from it. */
  | { readonly what: 'restored'; readonly id: number };

export type OnCheckpoint = (event: CheckpointEvent) => void;
