import { once } from 'node:events';
import { createServer } from 'node:net';
import { BadAnswerError } from '../io/http.ts';
import { systemErrorCode } from '../io/system-error.ts';
import type { Problem } from '../model/errors.ts';
import type { LabState } from '../model/lab-state.ts';
import { portNumber } from './port-number.ts';
import type { Tools } from './tools.ts';

/** A service that says nothing for this long is taken for one that does not answer. */
const answerTimeoutMs = 5_000;

/**
 * What is wrong with the discovery service or the port that was asked for, found before anything is made. A lab that has
 * its token, or its port, asks for neither again. Throws LAB_USAGE.
 */
export async function discoveryProblems(
  asked: { discoveryUrl?: string; discoveryPort?: string },
  state: LabState | undefined,
  tools: Pick<Tools, 'http'>,
  signal: AbortSignal,
): Promise<Problem[]> {
  const { discoveryUrl: url, discoveryPort } = asked;
  const port = discoveryPort === undefined ? 0 : portNumber(discoveryPort);
  if (url !== undefined) return state?.generation === undefined ? silence(url, tools, signal) : [];
  if (port === 0 || state?.discoveryPort !== undefined || !(await isTaken(port))) return [];
  return [
    {
      code: 'LAB_PORT_TAKEN',
      severity: 'error',
      message: `Another program listens on port ${port}, which was asked for with --discovery-port.`,
      fix: 'Choose another port, or leave --discovery-port out and lab takes a free one.',
    },
  ];
}

/** Any answer will do here: whether it is one of a discovery service is found out with the token. */
async function silence(url: string, { http }: Pick<Tools, 'http'>, signal: AbortSignal): Promise<Problem[]> {
  try {
    await http.request({ url, timeoutMs: answerTimeoutMs, signal });
    return [];
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BadAnswerError) return [];
    return [
      {
        code: 'LAB_DISCOVERY_UNREACHABLE',
        severity: 'error',
        message: `The discovery service ${url} does not answer: ${(error as Error).message}`,
        fix: 'Leave --discovery-url out to use the built-in service, or correct it.',
      },
    ];
  }
}

/** On loopback, where the service will listen besides the machines' gateway, which is not there yet. */
async function isTaken(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return false;
  } catch (error) {
    if (systemErrorCode(error) === 'EADDRINUSE') return true;
    throw error;
  } finally {
    server.close();
  }
}
