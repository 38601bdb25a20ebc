import * as z from 'zod';
import { BadAnswerError } from '../io/http.ts';
import type { Http, HttpResponse } from '../io/http.ts';
import { EnvironmentError } from '../model/errors.ts';

export interface FetchTokenOptions {
  http: Http;
  /** The service, for example `https://discovery.example.org` or `http://127.0.0.1:7001`. */
  baseUrl: string;
  /** Number of members of the cluster. */
  size: number;
  /** For each of the two requests. */
  timeoutMs: number;
  signal?: AbortSignal;
  /**
   * Ask for the token at `baseUrl` and not at the URL that was answered: for a service whose public address only
   * the machines can reach (`host.docker.internal`).
   */
  checkAtBaseUrl?: boolean;
}

const whatToDo = 'Leave --discovery-url out to use the built-in service, or correct it.';

const sizeAnswer = z.object({ node: z.object({ value: z.string() }) });

/**
 * Fetches a new token from a discovery service and makes sure that the service knows it and its size.
 * Resolves with the URL that every member is to be given, byte for byte as the service wrote it.
 * Rejects with LAB_DISCOVERY_UNREACHABLE (no answer) or LAB_DISCOVERY_ANSWER (another answer).
 */
export async function fetchToken(options: FetchTokenOptions): Promise<string> {
  const { size } = options;
  const base = options.baseUrl.replace(/\/+$/, '');
  const newUrl = `${base}/new?size=${size}`;
  const answer = await get(newUrl, options);
  const url = answer.body.trim();
  const token = tokenOf(url);
  if (answer.status !== 200 || token === undefined) throw unexpected(newUrl, answer, 'the URL of a token');

  const sizeUrl = `${options.checkAtBaseUrl === true ? `${base}/${token}` : url}/_config/size`;
  const check = await get(sizeUrl, options);
  if (check.status !== 200 || readSize(check.body) !== String(size)) {
    throw unexpected(sizeUrl, check, `the size ${size} of the new token`);
  }
  return url;
}

/** The last part of an http(s) URL where it is a token, 32 hex digits; undefined where the text is anything else. */
function tokenOf(text: string): string | undefined {
  if (/\s/.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, pathname, search, hash } = new URL(text);
  if (!['http:', 'https:'].includes(protocol) || search !== '' || hash !== '') return undefined;
  return /\/([0-9a-f]{32})$/.exec(pathname)?.[1];
}

function readSize(body: string): string | undefined {
  try {
    return sizeAnswer.parse(JSON.parse(body)).node.value;
  } catch {
    return undefined;
  }
}

async function get(
  url: string,
  { baseUrl, http, timeoutMs, signal }: FetchTokenOptions,
): Promise<HttpResponse> {
  try {
    return await http.request({ url, timeoutMs, ...(signal === undefined ? {} : { signal }) });
  } catch (cause) {
    signal?.throwIfAborted();
    const { message } = cause as Error;
    if (cause instanceof BadAnswerError) {
      const text = `The discovery service did not answer with what it was asked for: ${message}`;
      throw new EnvironmentError('LAB_DISCOVERY_ANSWER', text, { hint: whatToDo, cause });
    }
    const whose =
      hostOf(url) !== hostOf(baseUrl)
        ? `The address that ${baseUrl} gave for its new token`
        : 'The discovery service';
    throw new EnvironmentError('LAB_DISCOVERY_UNREACHABLE', `${whose} does not answer: ${message}`, {
      hint: whatToDo,
      cause,
    });
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}

function unexpected(url: string, { status, body }: HttpResponse, expected: string): EnvironmentError {
  const firstLine = body.trim().split(/\r?\n/, 1)[0] ?? '';
  const said = firstLine === '' ? 'an empty answer' : firstLine.slice(0, 200);
  return new EnvironmentError(
    'LAB_DISCOVERY_ANSWER',
    `The discovery service did not answer with ${expected}: GET ${url} gave status ${status}: ${said}`,
    { hint: whatToDo },
  );
}
