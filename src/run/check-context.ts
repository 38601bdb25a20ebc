import type { Http } from '../io/http.ts';
import type { Machine } from '../model/machine.ts';
import type { RemoteResult } from '../transport/transport.ts';

/**
 * Renders a Handlebars template of a scenario. In scope are the parameters by name, `machines`, `first`, `last`, `others`
 * (machines), `edition`, `lab` and `subnet`; `extra` adds to them, e.g. the current `machine`.
 * Throws LAB_TEMPLATE_INVALID.
 */
export type Render = (template: string, extra?: Readonly<Record<string, unknown>>) => string;

/** All that a check may see and touch of a lab. */
export interface CheckContext {
  /** Every machine of the lab, in the order in which the scenario names them. */
  readonly machines: readonly Machine[];
  readonly render: Render;
  /** Runs a shell command on a machine. Throws LAB_SSH_FAILED, LAB_COMMAND_TIMEOUT, or the signal's reason. */
  runOn(
    machine: string,
    command: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<RemoteResult>;
  /** The same on this host, with the lab's environment. */
  runOnHost(command: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<RemoteResult>;
  /** How this host reaches a port of a machine, as the provider says. Throws LAB_PORT_UNPUBLISHED where there is no way now. */
  requestFrom(machine: string, port: number, path: string): Promise<{ url: string }>;
  readonly http: Http;
}
