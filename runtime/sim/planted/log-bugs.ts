import { asAttempt, asCheckpointId } from '../../src/checkpoint/ids.ts';
import type { LogEntry } from '../../src/checkpoint/log-entry.ts';
import type { LogSeams } from '../scenarios/log-coordinator.ts';
import type { PlantedBug } from './planted.ts';

/** Whoever wrote an entry passes for the leader of its term. */
const asOfLeader =
  (entries: readonly LogEntry[]) =>
  (entry: LogEntry): LogEntry => {
    const claim = entries.findLast(({ kind, number }) => kind === 'claim' && number <= entry.number);
    return claim === undefined ? entry : { ...entry, writer: claim.writer, deployment: claim.deployment };
  };

/** Bugs of the protocol: who leads, what the latest checkpoint is, what may be committed. */
export const protocolBugs: readonly PlantedBug<LogSeams>[] = [
  {
    name: 'claims and manifests do not meet: whoever was deposed publishes behind the claim',
    pattern: 'claim and manifest under unrelated keys',
    plant: (right) => ({
      ...right,
      protocol: {
        ...right.protocol,
        decide: (standing, me, wish) => {
          const isDeposed = standing.term !== 0 && standing.writer !== me.writer;
          if (wish.kind !== 'manifest' || !isDeposed) return right.protocol.decide(standing, me, wish);
          const checkpointId = asCheckpointId(standing.highestCheckpointId + 1);
          const manifest = { ...wish.manifest, attempt: asAttempt(standing.attempt), checkpointId };
          return { do: 'put', body: { kind: 'manifest', manifest } };
        },
        standingOf: (jobUid, entries, place) =>
          right.protocol.standingOf(jobUid, entries.map(asOfLeader(entries)), place),
      },
    }),
  },
  {
    name: 'a put into a number that gc freed counts: nobody looks for a higher entry',
    pattern: 'acting after a put into a number that gc freed',
    plant: (right) => ({ ...right, protocol: { ...right.protocol, isNewest: () => true } }),
  },
  {
    name: 'the checkpoint before the latest is taken for the latest',
    pattern: '22: a stale pointer restores an older checkpoint',
    plant: (right) => ({
      ...right,
      protocol: {
        ...right.protocol,
        standingOf: (jobUid, entries, place) => {
          const standing = right.protocol.standingOf(jobUid, entries, place);
          const isTold = standing.line.length > 1 && entries.at(-1)?.kind === 'claim';
          return isTold ? { ...standing, line: standing.line.slice(0, -1) } : standing;
        },
      },
    }),
  },
];

/** Bugs of whoever makes output visible. */
export const commitBugs: readonly PlantedBug<LogSeams>[] = [
  {
    name: 'output is committed before its checkpoint is in the log',
    pattern: '1: two dependent writes in the wrong order, crash between',
    plant: (right) => ({ ...right, sealed: (id, publish) => publish([id]) }),
  },
  {
    name: 'the log is told that output is visible before it is',
    pattern: '6: history removed before the external effect succeeded',
    plant: (right) => ({
      ...right,
      commit: (permit, publish, tell) =>
        right.commit(
          permit,
          async () => undefined,
          async (ids) => {
            await tell(ids);
            await publish(ids);
          },
        ),
    }),
  },
  {
    name: 'a new attempt does not commit what the last one had prepared',
    pattern: '30: a transaction that recovery leaves open',
    plant: (right) => {
      const terms = new Set<number>();
      return {
        ...right,
        commit: async (permit, publish, tell) => {
          const own = new Set(terms);
          terms.add(permit.term);
          if (!own.has(permit.term)) return;
          await right.commit(permit, publish, tell);
        },
        protocol: {
          ...right.protocol,
          decide: (standing, me, wish) => right.protocol.decide({ ...standing, pending: [] }, me, wish),
        },
      };
    },
  },
  {
    name: 'what was prepared is aborted when the answer of the log was lost',
    pattern: '25: a time-out taken for a failure',
    plant: (right) => ({ ...right, failed: (id, abort) => abort(id) }),
  },
  {
    name: 'a failed commit is swallowed',
    pattern: '30: logged, swallowed, data lost',
    plant: (right) => ({
      ...right,
      commit: (permit, publish, tell) =>
        right.commit(permit, (ids) => publish(ids).catch(() => undefined), tell),
    }),
  },
  {
    name: 'a state that cannot be read is taken for an empty one',
    pattern: '21: missing metadata, empty start',
    plant: (right) => ({ ...right, restore: (read) => right.restore(read).catch(() => 0) }),
  },
];

/** Bugs of a change of deployments. */
export const switchOverBugs: readonly PlantedBug<LogSeams>[] = [
  {
    name: 'new code that is not released publishes, and is rolled back after three checkpoints',
    pattern: 'rollback after three checkpoints of the new code without holding',
    plant: (right) => ({
      ...right,
      protocol: {
        ...right.protocol,
        committable: ({ pending }) => pending,
        decide: (standing, me, wish) => {
          const { switchOver } = standing;
          const isHeld = wish.kind === 'committed' && switchOver !== undefined;
          const seen = isHeld ? { ...standing, switchOver: { ...switchOver, isReleased: true } } : standing;
          return right.protocol.decide(seen, me, wish);
        },
      },
    }),
  },
  {
    name: 'a rollback resumes from the newest checkpoint instead of the cut',
    pattern: '22: the wrong of two checkpoints used',
    plant: (right) => ({
      ...right,
      protocol: {
        ...right.protocol,
        standingOf: (jobUid, entries, place) => {
          const newest = (below: number): number =>
            entries.findLast(({ kind, number }) => kind === 'manifest' && number < below)?.number ?? below;
          const read = entries.map((entry) =>
            entry.kind === 'rolledBack' ? { ...entry, to: newest(entry.number) } : entry,
          );
          return right.protocol.standingOf(jobUid, read, place);
        },
      },
    }),
  },
  {
    name: 'new code that gives the job back goes on with it all the same',
    pattern: 'both deployments lead after a rollback',
    plant: (right) => ({
      ...right,
      protocol: {
        ...right.protocol,
        standingOf: (jobUid, entries, place) => {
          const read = entries.map((entry) =>
            entry.kind === 'rolledBack' && entry.owner !== undefined
              ? { ...entry, owner: entry.deployment }
              : entry,
          );
          return right.protocol.standingOf(jobUid, read, place);
        },
      },
    }),
  },
];
