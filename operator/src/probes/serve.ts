import type { HttpServer } from '../../../runtime/src/sys/http.ts';
import type { System } from '../../../runtime/src/sys/system.ts';
import type { Logger } from '../../../runtime/src/telemetry/logger.ts';
import { createProbes } from './application.ts';
import type { OperatorMetrics, OperatorParts, ReflectorView } from './metrics.ts';
import { type Awaited, reasonNotReady } from './readiness.ts';

export interface ServeSettings {
  readonly system: Pick<System, 'hashing' | 'http' | 'inspection' | 'timers'>;
  readonly logger: Logger;
  readonly metrics: OperatorMetrics;
  readonly operator: Omit<OperatorParts, 'reflectors'> & {
    readonly reflectors: () => readonly (Awaited & ReflectorView)[];
  };
  /** 0 takes a free one. */
  readonly port: number;
  /** Whoever has it may look inside. */
  readonly token?: string | undefined;
}

/** Serves the probes of an operator to whoever reaches its pod. */
export const serveProbes = async (settings: ServeSettings): Promise<HttpServer> => {
  const { system, logger, metrics, operator, port, token } = settings;
  const probes = createProbes({
    system,
    logger,
    notReady: () => reasonNotReady(operator.reflectors()),
    metrics: () => metrics.scopes(operator),
    token,
  });
  return await system.http.listen(probes as never, { host: '0.0.0.0', port });
};
