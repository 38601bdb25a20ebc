import type { CheckContext } from './check-context.ts';

/** What a check's command printed, or what a server answered; whole. */
export type Answer =
  | { kind: 'command'; exitCode: number; stdout: string; stderr: string }
  | { kind: 'http'; status: number; body: string };

export interface AnswerRecorder {
  /** In place of the context that it was made from. */
  context: CheckContext;
  /** The last answer of a machine, or of this host without one; undefined where there was none. */
  of(machine: string | undefined): Answer | undefined;
}

/** Keeps what is answered to checks: their results tell the first lines only. */
export function recordAnswers(inner: CheckContext): AnswerRecorder {
  const answers = new Map<string | undefined, Answer>();
  const servers = new Map<string, string>();
  const context: CheckContext = {
    ...inner,
    runOn: async (machine, ...call) => {
      const result = await inner.runOn(machine, ...call);
      answers.set(machine, { kind: 'command', ...result });
      return result;
    },
    runOnHost: async (...call) => {
      const result = await inner.runOnHost(...call);
      answers.set(undefined, { kind: 'command', ...result });
      return result;
    },
    requestFrom: async (machine, ...call) => {
      const request = await inner.requestFrom(machine, ...call);
      servers.set(request.url, machine);
      return request;
    },
    http: {
      request: async (request) => {
        const { status, body, ...rest } = await inner.http.request(request);
        const machine = servers.get(request.url);
        if (machine !== undefined) answers.set(machine, { kind: 'http', status, body });
        return { status, body, ...rest };
      },
      download: (...call) => inner.http.download(...call),
    },
  };
  return { context, of: (machine) => answers.get(machine) };
}
