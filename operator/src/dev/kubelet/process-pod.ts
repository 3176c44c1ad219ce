import { join } from 'node:path';
import type { Program, ProgramEnd } from '../../../../runtime/src/sys/processes.ts';
import type { Cancellable, System } from '../../../../runtime/src/sys/system.ts';
import type { ContainerState } from '../../kube/kinds.ts';
import { type Fields, fieldsAt, listAt } from '../store/values.ts';
import { OutputLog } from './output-log.ts';
import { type ContainerReport, type PodReport, waitingContainers } from './pod-report.ts';
import { filesOf, MissingData, processOf, type Sandbox } from './sandbox.ts';

/** How long a container that has ended waits before it is started again: doubled each time, and forgotten once it has run for long. */
const firstBackOffMs = 1_000;
const longestBackOffMs = 300_000;
const goodRunMs = 60_000;
/** A pod that needs what is not there looks again after this. */
const lookAgainMs = 1_000;
const mostLogCharacters = 1024 * 1024;
/** A termination message is not longer. */
const mostMessageCharacters = 4_096;

interface Running {
  report: ContainerReport;
  readonly log: OutputLog;
  program?: Program | undefined;
  probe?: Cancellable | undefined;
  startedMs: number;
  backOffMs: number;
}

/** One pod as processes of this machine: its containers one after the other if they are there to begin, all others at once. */
export class ProcessPod {
  private readonly system: System;
  private readonly sandbox: Sandbox;
  private readonly onReport: (report: PodReport) => void;
  private readonly onEnded: () => void;
  private readonly running = new Map<string, Running>();
  private readonly waits = new Set<Cancellable>();
  private isLeaving = false;

  /** `onReport`: what the pod does has changed; `onEnded`: after `leave`, when nothing runs any more. */
  constructor(system: System, sandbox: Sandbox, onReport: (report: PodReport) => void, onEnded: () => void) {
    this.system = system;
    this.sandbox = sandbox;
    this.onReport = onReport;
    this.onEnded = onEnded;
    for (const list of ['initContainers', 'containers'] as const) {
      for (const report of waitingContainers(sandbox.pod, list, 'PodInitializing')) {
        const log = new OutputLog(mostLogCharacters);
        this.running.set(report.name, { report, log, startedMs: 0, backOffMs: firstBackOffMs });
      }
    }
  }

  start(): void {
    this.prepare(() => this.startNext(listAt(this.sandbox.pod, 'spec', 'initContainers')));
  }

  logOf(container: string | undefined): OutputLog | undefined {
    const [first] = listAt(this.sandbox.pod, 'spec', 'containers');
    return this.running.get(container ?? String(first?.['name']))?.log;
  }

  /** Asks all to end, and ends them when their time is over. */
  leave(graceMs: number): void {
    if (this.isLeaving) return;
    this.isLeaving = true;
    for (const wait of this.waits) wait.cancel();
    for (const { program } of this.running.values()) program?.signal('SIGTERM');
    this.wait(graceMs, () => this.kill());
    this.endIfOver();
  }

  /** At once. */
  kill(): void {
    for (const { program } of this.running.values()) program?.signal('SIGKILL');
  }

  /** Volumes first: a pod waits for what they are made of. */
  private prepare(then: () => void): void {
    try {
      for (const volume of listAt(this.sandbox.pod, 'spec', 'volumes')) {
        const folder = this.sandbox.volumeAt(String(volume['name']));
        this.system.files.makeDirectory(folder);
        for (const [name, text] of Object.entries(filesOf(this.sandbox, volume))) {
          this.write(join(folder, name), text);
        }
      }
    } catch (error) {
      this.failToStart(error, () => this.prepare(then));
      return;
    }
    then();
  }

  private startNext(left: readonly Fields[]): void {
    const [first, ...rest] = left;
    if (first !== undefined) {
      this.startContainer(first, ({ code }) => {
        if (code === 0) this.startNext(rest);
      });
      return;
    }
    for (const container of listAt(this.sandbox.pod, 'spec', 'containers')) this.startContainer(container);
  }

  private startContainer(container: Fields, onSuccess?: (end: ProgramEnd) => void): void {
    const name = String(container['name']);
    const own = this.running.get(name) as Running;
    try {
      const { args, environment, terminationLog } = processOf(this.sandbox, container);
      this.system.files.makeDirectory(this.sandbox.containerAt(name));
      this.write(terminationLog, '');
      const program = this.system.processes.start({
        args,
        environment,
        directory: this.sandbox.codeDirectory,
        onOutput: (text) => own.log.add(text),
      });
      own.program = program;
      own.startedMs = this.system.clock.monotonicMs();
      program.onExit((end) => this.ended(container, own, end, terminationLog, onSuccess));
      const isReady = onSuccess === undefined && container['readinessProbe'] === undefined;
      this.report(own, { state: { running: {} }, ready: isReady });
      if (onSuccess === undefined && !isReady) this.probe(container, own);
    } catch (error) {
      this.failToStart(error, () => this.startContainer(container, onSuccess));
    }
  }

  private ended(
    container: Fields,
    own: Running,
    end: ProgramEnd,
    terminationLog: string,
    onSuccess: ((end: ProgramEnd) => void) | undefined,
  ): void {
    own.program = undefined;
    own.probe?.cancel();
    const terminated = this.terminationOf(container, own, end, terminationLog);
    if (onSuccess !== undefined && end.code === 0) {
      this.report(own, { state: { terminated }, ready: true });
      if (!this.isLeaving) onSuccess(end);
    } else {
      const policy = this.sandbox.pod.spec?.['restartPolicy'];
      const isOver = this.isLeaving || policy === 'Never' || (policy === 'OnFailure' && end.code === 0);
      const waiting = {
        reason: 'CrashLoopBackOff',
        message: `restarting failed container ${own.report.name}`,
      };
      this.report(own, {
        state: isOver ? { terminated } : { waiting },
        lastState: isOver ? own.report.lastState : { terminated },
        restartCount: own.report.restartCount + (isOver ? 0 : 1),
        ready: false,
      });
      if (!isOver) this.startAgain(container, own, onSuccess);
    }
    this.endIfOver();
  }

  private startAgain(
    container: Fields,
    own: Running,
    onSuccess: ((end: ProgramEnd) => void) | undefined,
  ): void {
    const ranMs = this.system.clock.monotonicMs() - own.startedMs;
    if (ranMs > goodRunMs) own.backOffMs = firstBackOffMs;
    this.wait(own.backOffMs, () => this.startContainer(container, onSuccess));
    own.backOffMs = Math.min(longestBackOffMs, own.backOffMs * 2);
  }

  private terminationOf(
    container: Fields,
    own: Running,
    end: ProgramEnd,
    path: string,
  ): NonNullable<ContainerState['terminated']> {
    const exitCode = end.code ?? 137;
    const written = this.system.files.stat(path) === undefined ? '' : this.system.files.readText(path);
    const isFromLog = container['terminationMessagePolicy'] === 'FallbackToLogsOnError' && exitCode !== 0;
    const message =
      (written === '' && isFromLog ? own.log.tail(mostMessageCharacters) : written) || end.problem;
    return {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      finishedAt: new Date(this.system.clock.nowMs()).toISOString(),
      ...(message === undefined ? {} : { message: message.slice(0, mostMessageCharacters) }),
    };
  }

  /** Asks again and again whether a container is ready, as long as it runs. */
  private probe(container: Fields, own: Running): void {
    const probe = fieldsAt(container, 'readinessProbe');
    const { path = '/', port } = fieldsAt(probe, 'httpGet');
    const named = listAt(container, 'ports').find(({ name }) => name === port);
    const url = `http://${this.sandbox.address}:${String(named?.['containerPort'] ?? port)}${String(path)}`;
    const timeoutMs = Number(probe['timeoutSeconds'] ?? 1) * 1_000;
    const request = { method: 'GET', url, headers: {}, timeoutMs, mostBytes: 65_536 };
    const again = (isReady: boolean): void => {
      if (own.program === undefined) return;
      if (own.report.ready !== isReady) this.report(own, { ready: isReady });
      const periodMs = Number(probe['periodSeconds'] ?? 10) * 1_000;
      own.probe = this.wait(periodMs, () => this.probe(container, own));
    };
    this.system.http.request(request).then(
      ({ status }) => again(status >= 200 && status < 400),
      () => again(false),
    );
  }

  private failToStart(error: unknown, again: () => void): void {
    const message = error instanceof Error ? error.message : String(error);
    const reason = error instanceof MissingData ? 'CreateContainerConfigError' : 'RunContainerError';
    for (const own of this.running.values()) {
      if (own.report.state.waiting !== undefined)
        own.report = { ...own.report, state: { waiting: { reason, message } } };
    }
    this.tell();
    this.wait(lookAgainMs, again);
  }

  private report(own: Running, more: Partial<ContainerReport>): void {
    own.report = { ...own.report, ...more };
    this.tell();
  }

  private tell(): void {
    const of = (list: 'containers' | 'initContainers'): ContainerReport[] =>
      listAt(this.sandbox.pod, 'spec', list).map(
        ({ name }) => (this.running.get(String(name)) as Running).report,
      );
    const [init, containers] = [of('initContainers'), of('containers')];
    const hasBegun = containers.some(
      ({ state, restartCount }) => state.running !== undefined || restartCount > 0,
    );
    const ends = containers.map(({ state }) => state.terminated?.exitCode);
    const isOver = ends.every((code) => code !== undefined);
    const phase = isOver
      ? ends.every((code) => code === 0)
        ? 'Succeeded'
        : 'Failed'
      : hasBegun
        ? 'Running'
        : 'Pending';
    this.onReport({ phase, podIP: this.sandbox.address, init, containers });
  }

  private endIfOver(): void {
    const isOver = [...this.running.values()].every(({ program }) => program === undefined);
    if (!this.isLeaving || !isOver) return;
    for (const wait of this.waits) wait.cancel();
    for (const { log } of this.running.values()) log.end();
    this.onEnded();
  }

  private wait(delayMs: number, act: () => void): Cancellable {
    const timer = this.system.timers.after(delayMs, () => {
      this.waits.delete(timer);
      act();
    });
    this.waits.add(timer);
    return timer;
  }

  private write(path: string, text: string): void {
    const file = this.system.files.open(path, 'write');
    file.write(new TextEncoder().encode(text));
    file.close();
  }
}
