import type { TwoPhaseSinkWriter } from 'millrace';
import type { ChannelReceiver, ChannelSender } from '../../src/exchange/channel.ts';
import type { StreamElement } from '../../src/exchange/element.ts';
import type { PhysicalGraph } from '../../src/graph/physical-graph.ts';
import type { JobSeams } from '../scenarios/whole-job.ts';
import type { PlantedBug } from './planted.ts';

const kindOf = (element: StreamElement | undefined): string =>
  element === undefined ? 'none' : 'kind' in element ? element.kind : 'batch';

/** A receiver that gives the batch behind a barrier before the barrier. */
const withoutAlignment = (right: ChannelReceiver): ChannelReceiver => {
  let barrier: StreamElement | undefined;
  const next: StreamElement[] = [];
  return {
    watch: (watch) => right.watch(watch),
    unwatch: () => right.unwatch(),
    restore: (elements) => right.restore(elements),
    poll: () => {
      if (next.length > 0) return next.shift();
      const element = right.poll();
      if (barrier === undefined) {
        if (kindOf(element) !== 'barrier') return element;
        barrier = element;
        return undefined;
      }
      if (element === undefined) return undefined;
      const [first, second] = kindOf(element) === 'batch' ? [element, barrier] : [barrier, element];
      barrier = undefined;
      next.push(second);
      return first;
    },
  };
};

/** A sender whose barriers overtake the batch before them. */
const overtaking = (right: ChannelSender): ChannelSender => {
  let kept: StreamElement[] = [];
  return {
    hasCredit: () => right.hasCredit(),
    send: (element) => {
      const kind = kindOf(element);
      if (kind === 'barrier') right.send(element);
      else if (kind === 'batch' || kind === 'end') {
        for (const before of kept) right.send(before);
        kept = [];
      }
      if (kind === 'end') right.send(element);
      else if (kind !== 'barrier') kept.push(element);
    },
  };
};

/** Bugs on the way of a barrier. */
export const barrierBugs: readonly PlantedBug<JobSeams>[] = [
  {
    name: 'records overtake the barrier at the input: nothing is aligned',
    pattern: '29: barriers and writes reordered',
    plant: (right) => ({
      ...right,
      channels: (channels) => ({
        ...right.channels(channels),
        receiver: (edge, from, onElement) => withoutAlignment(channels.receiver(edge, from, onElement)),
      }),
    }),
  },
  {
    name: 'the barrier overtakes the records before it',
    pattern: '29: barriers and writes reordered',
    plant: (right) => ({
      ...right,
      channels: (channels) => ({
        ...right.channels(channels),
        sender: (edge, to, onCredit) => overtaking(channels.sender(edge, to, onCredit)),
      }),
    }),
  },
  {
    name: 'splits are assigned between the snapshot of the enumerators and the barrier',
    pattern: 'a split in two places of one checkpoint',
    plant: (right) => ({
      ...right,
      jobCode: (jobCode) => {
        const known = right.jobCode(jobCode);
        let before: Parameters<Parameters<typeof known.snapshot>[0]>[0] | undefined;
        return {
          ...known,
          // Takes the states that the checkpoint before should have taken.
          snapshot: (take) =>
            known.snapshot((states) => {
              take(before ?? states);
              before = states;
            }),
        };
      },
    }),
  },
];

/** Bugs of what is written at a barrier, and of what is taken in after a restart. */
export const stateBugs: readonly PlantedBug<JobSeams>[] = [
  {
    name: 'a checkpoint that came to nothing is taken for one that is complete',
    pattern: '26: an end taken for a success',
    plant: (right) => ({
      ...right,
      slot: (slot) => {
        const known = right.slot(slot);
        return { ...known, checkpointEnded: (id) => known.checkpointEnded(id, true) };
      },
    }),
  },
  {
    name: 'what was written behind the last whole piece of a key group is not taken in',
    pattern: '35857: restarted without the newest state',
    plant: (right) => ({
      ...right,
      slot: (slot) => {
        const known = right.slot(slot);
        return { ...known, load: (units) => known.load(units.filter(({ mode }) => mode === 'whole')) };
      },
    }),
  },
  {
    name: 'after a restart a manifest names the objects of its own checkpoint only',
    pattern: '33011: state that is still needed is given up',
    plant: (right) => ({
      ...right,
      log: (log) => {
        const known = right.log(log);
        return {
          ...known,
          publish: (manifest) => {
            const { checkpointId, attempt } = manifest;
            const objects = manifest.objects.filter((object) => object.checkpointId === checkpointId);
            return known.publish(attempt > 1 ? { ...manifest, objects } : manifest);
          },
        };
      },
    }),
  },
  {
    name: 'every second key group is not written',
    pattern: 'S1: a partial checkpoint is restored',
    plant: (right) => ({
      ...right,
      snapshots: (output) => {
        const known = right.snapshots(output);
        return {
          hasRoom: () => known.hasRoom(),
          taken: (snapshot) => known.taken(snapshot),
          unit: (id, unit) => {
            if (unit.kind !== 'keyGroup' || unit.keyGroup % 2 === 0) known.unit(id, unit);
          },
        };
      },
    }),
  },
  {
    name: 'readers begin again where they were a checkpoint earlier',
    pattern: '38867: the wrong of two positions used',
    plant: (right) => ({
      ...right,
      snapshots: (output) => {
        const known = right.snapshots(output);
        let before: Parameters<typeof known.taken>[0]['sources'] | undefined;
        return {
          hasRoom: () => known.hasRoom(),
          unit: (id, unit) => known.unit(id, unit),
          taken: (snapshot) => {
            known.taken({ ...snapshot, sources: before ?? snapshot.sources });
            before = snapshot.sources;
          },
        };
      },
    }),
  },
  {
    name: 'enumerators begin anew after a restart',
    pattern: '21: an empty start',
    plant: (right) => ({
      ...right,
      jobCode: (jobCode) => {
        const known = right.jobCode(jobCode);
        return { ...known, start: () => known.start() };
      },
    }),
  },
  {
    name: 'a captured variable survives a failed attempt',
    pattern: 'a captured variable that survives a failed attempt',
    plant: (right) => {
      const made: PhysicalGraph[] = [];
      let asked = 0;
      // Two slots: each is given the graph again that it had in the attempt before.
      return {
        ...right,
        graph: (plan) => {
          const slot = asked++ % 2;
          made[slot] ??= right.graph(plan);
          return made[slot];
        },
      };
    },
  },
];

/** Bugs of sinks and of whoever commits. */
export const sinkBugs: readonly PlantedBug<JobSeams>[] = [
  {
    name: 'a later manifest forgets what was not committed yet',
    pattern: '29: committables dropped by what overtakes them',
    plant: (right) => ({
      ...right,
      protocol: {
        ...right.protocol,
        decide: (standing, me, wish) =>
          right.protocol.decide(wish.kind === 'manifest' ? { ...standing, pending: [] } : standing, me, wish),
      },
    }),
  },
  {
    name: 'what is written goes to the sink a little later, and the barrier does not wait for it',
    pattern: '27: a send that is not awaited before prepare',
    plant: (right) => ({
      ...right,
      sink: (sink) => {
        const known = right.sink(sink);
        return {
          ...known,
          createWriter: async (context) => {
            const writer = await known.createWriter(context);
            const late: TwoPhaseSinkWriter<string> = {
              prepare: (id) => writer.prepare(id),
              flush: () => writer.flush(),
              close: () => writer.close(),
              write: (batch) => void context.system.timers.after(3, () => writer.write(batch)),
            };
            return late;
          },
        };
      },
    }),
  },
  {
    name: 'older transactions are aborted before what the checkpoint names is committed',
    pattern: '30: fenced before commit',
    plant: (right) => ({
      ...right,
      jobCode: (jobCode) => {
        const known = right.jobCode(jobCode);
        let isRestored = false;
        return {
          ...known,
          start: (restored) => {
            isRestored = true;
            return known.start(restored);
          },
          commit: async (id, sinks) => {
            if (!isRestored) await known.abortOlder(Number.MAX_SAFE_INTEGER);
            await known.commit(id, sinks);
          },
        };
      },
    }),
  },
  {
    name: 'the log is told that output is visible, and a commit that fails is forgotten',
    pattern: '30: logged, swallowed, data lost',
    plant: (right) => ({
      ...right,
      jobCode: (jobCode) => {
        const known = right.jobCode(jobCode);
        return {
          ...known,
          commit: async (id, sinks) => {
            void known.commit(id, sinks).catch(() => undefined);
          },
        };
      },
    }),
  },
];
