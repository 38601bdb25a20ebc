import { stripVTControlCharacters } from 'node:util';
import type { HttpRequest, HttpResponse } from '../io/http.ts';
import type { RemoteResult } from '../transport/transport.ts';
import type { CheckContext } from './check-context.ts';
import { maskSecrets } from './mask-secrets.ts';
import type { RecordedOutput } from './recorded-output.ts';

/** An action of a step by its number (from 1), or a check by its title as the scenario has it. */
export type RecordedEntry = { run: number } | { check: string };

/** Collects what the commands and requests of a step print while it is played. */
export interface StepRecorder {
  /** The context to carry out this action or check in; of several attempts the last is kept. */
  listen(entry: RecordedEntry, context: CheckContext): CheckContext;
  /** What was printed, in the order in which the step was played, machines in the lab's order. */
  outputs(): RecordedOutput[];
}

type Printed = Pick<RecordedOutput, 'command' | 'exit' | 'status' | 'output'>;

const maxLines = 200;
const maxCharacters = 64 * 1024;
/** Says no number: that may differ from run to run. */
const cutMark = '[the rest was left out]';

/**
 * A recorder for one play of one step.
 *
 * @param labDir The lab's own folder: it is elsewhere for everybody, so that it is called `<lab>` where it is printed.
 */
export function stepRecorder(labDir: string): StepRecorder {
  const heard: { entry: RecordedEntry; machines: readonly string[]; printed: Map<string, Printed> }[] = [];
  const kept = (text: string): string => capped(maskSecrets(asShown(text).replaceAll(labDir, '<lab>')));
  return {
    listen: (entry, context) => {
      const printed = new Map<string, Printed>();
      heard.push({ entry, machines: context.machines.map(({ name }) => name), printed });
      return listeningContext(context, printed, kept);
    },
    outputs: () =>
      heard.flatMap(({ entry, machines, printed }) =>
        [onHost, ...machines].flatMap((machine) => {
          const said = printed.get(machine);
          if (said === undefined) return [];
          return [{ ...entry, ...(machine === onHost ? {} : { machine }), ...said }];
        }),
      ),
  };
}

/** Key of what this computer printed. */
const onHost = '';

function listeningContext(
  context: CheckContext,
  printed: Map<string, Printed>,
  kept: (text: string) => string,
): CheckContext {
  const servers = new Map<string, string>();
  /** An attempt that ends in an error takes back what the one before it printed. */
  const hear = async <T>(machine: string, attempt: Promise<T>, read: (result: T) => Printed): Promise<T> => {
    printed.delete(machine);
    const result = await attempt;
    printed.set(machine, read(result));
    return result;
  };
  const ofCommand =
    (command: string) =>
    ({ exitCode, stdout, stderr }: RemoteResult): Printed => ({
      command: kept(command.trim()),
      ...(exitCode === 0 ? {} : { exit: exitCode }),
      output: kept(joined(stdout, stderr)),
    });
  const ofAnswer =
    (url: string) =>
    ({ status, body }: HttpResponse): Printed => ({
      command: kept(`curl ${url}`),
      status,
      output: kept(body),
    });
  return {
    ...context,
    runOn: (machine, command, ...rest) =>
      hear(machine, context.runOn(machine, command, ...rest), ofCommand(command)),
    runOnHost: (command, ...rest) => hear(onHost, context.runOnHost(command, ...rest), ofCommand(command)),
    requestFrom: async (machine, port, path) => {
      printed.delete(machine);
      const way = await context.requestFrom(machine, port, path);
      servers.set(way.url, machine);
      return way;
    },
    http: {
      request: (request: HttpRequest) =>
        hear(servers.get(request.url) ?? onHost, context.http.request(request), ofAnswer(request.url)),
      download: (...given) => context.http.download(...given),
    },
  };
}

/** Without colours and cursor movements; of a line that was written over several times, what stood there last. */
function asShown(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .replace(/^.*\r(?=.)/gm, '')
    .replaceAll('\r', '');
}

/** What a terminal would have shown, as far as that can be known: the streams come apart. */
function joined(stdout: string, stderr: string): string {
  return stdout === '' || stdout.endsWith('\n') ? stdout + stderr : `${stdout}\n${stderr}`.trimEnd();
}

function capped(text: string): string {
  const lines = text.split('\n');
  const cut = lines.length > maxLines + 1 ? `${lines.slice(0, maxLines).join('\n')}\n` : text;
  const short = cut.length > maxCharacters ? `${cut.slice(0, maxCharacters)}\n` : cut;
  return short === text ? text : `${short}${cutMark}\n`;
}
