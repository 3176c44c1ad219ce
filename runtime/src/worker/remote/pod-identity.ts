import type { KeyedCertificate } from '../../sys/certificates.ts';
import type { TlsSettings } from '../../sys/net.ts';
import type { System } from '../../sys/system.ts';

const hourMs = 3_600_000;
/** Clocks may differ by an hour, and a little more. */
const skewMs = 2 * hourMs;
const validForMs = 24 * hourMs;

export interface PodOfJob {
  readonly jobUid: string;
  readonly role: 'coordinator' | 'worker';
  readonly podUid: string;
}

/**
 * How a pod shows that it belongs to a job: a certificate that it signs itself, with the key of the job's authority, and signs anew for
 * whoever connects after half of its time. Connections that are there go on.
 */
export class PodIdentity implements TlsSettings {
  readonly peerIdentity: string;
  private readonly system: Pick<System, 'certificates' | 'clock'>;
  private readonly signer: KeyedCertificate;
  private readonly pod: PodOfJob;
  private own: KeyedCertificate;
  private renewMs = 0;

  constructor(system: Pick<System, 'certificates' | 'clock'>, signer: KeyedCertificate, pod: PodOfJob) {
    this.system = system;
    this.signer = signer;
    this.pod = pod;
    this.peerIdentity = pod.jobUid;
    this.own = this.sign();
  }

  /** Read before `key`, which goes with what was read. */
  get certificate(): string {
    if (this.system.clock.nowMs() >= this.renewMs) this.own = this.sign();
    return this.own.certificate;
  }

  get key(): string {
    return this.own.key;
  }

  get authority(): string {
    return this.signer.certificate;
  }

  private sign(): KeyedCertificate {
    const { jobUid, role, podUid } = this.pod;
    const nowMs = this.system.clock.nowMs();
    this.renewMs = nowMs + validForMs / 2;
    const names = { subject: role, uris: [jobUid, `millrace://job/${jobUid}/${role}/${podUid}`] };
    return this.system.certificates.issue(
      names,
      { fromMs: nowMs - skewMs, untilMs: nowMs + validForMs },
      this.signer,
    );
  }
}
