import { fetchToken as requestToken } from '../../discovery/fetch-token.ts';
import type { Handler } from '../runner.ts';

const requestTimeoutMs = 10_000;

/** Fetches one token for the new generation of the cluster and keeps it in state before anything uses it. */
export const fetchToken: Handler<'fetch-token'> = async (task, context) => {
  const members = context.machines
    .filter(({ role }) => role === context.scenario.discovery?.role)
    .map(({ name }) => name);
  const baseUrl = task.url ?? context.discovery.baseUrl ?? '';
  const discoveryUrl = await requestToken({
    http: context.http,
    baseUrl,
    size: task.size,
    checkAtBaseUrl: task.url === undefined,
    timeoutMs: requestTimeoutMs,
    signal: context.signal,
  });
  await context.updateState((state) => ({
    ...state,
    generation: { number: task.generation, members, discoveryUrl, applied: {} },
    steps: {},
  }));
  return { status: 'changed', message: discoveryUrl };
};
