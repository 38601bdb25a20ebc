import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../model/errors.ts';
import { JsonReporter } from './json-reporter.ts';
import { JunitReporter } from './junit-reporter.ts';
import { PlainReporter } from './plain-reporter.ts';
import type { Reporter } from './reporter.ts';
import { TapReporter } from './tap-reporter.ts';

export interface ReporterOptions {
  /** Values of `--reporter`, e.g. `plain` or `junit=FILE`; none: the default. */
  specs: readonly string[];
  stdout: NodeJS.WriteStream;
  isTty: boolean;
  color: boolean;
  verbose: boolean;
  quiet: boolean;
}

/**
 * The reporters that `--reporter` asks for, several at once: `list`, `plain`, `json`, `json=FILE`,
 * `tap`, `tap=FILE`, `junit=FILE`.
 * Where none writes to standard output, `list` on a terminal and `plain` elsewhere is added. Throws LAB_USAGE for
 * anything else, for two on standard output, and for a file that cannot be written: before the run, not after it.
 */
export async function createReporters(options: ReporterOptions): Promise<Reporter[]> {
  const asked = await readSpecs(options.specs);
  const hasStdout = asked.some((spec) => spec.file === undefined);
  const all = hasStdout ? asked : [{ kind: defaultKind(options) } as const, ...asked];
  return Promise.all(all.map((spec) => createReporter(spec, options)));
}

/** Throws what `createReporters` would throw, and makes none: a mistake is better told before anything is looked at. */
export async function assertReporters(specs: readonly string[]): Promise<void> {
  await readSpecs(specs);
}

async function readSpecs(specs: readonly string[]): Promise<ReporterSpec[]> {
  const asked = [...new Set(specs)].map(parseSpec);
  const sharing = asked.filter((spec) => spec.file === undefined);
  if (sharing.length > 1) {
    throw new UsageError(
      'LAB_USAGE',
      `${sharing.map((spec) => spec.kind).join(' and ')} cannot share standard output.`,
      {
        hint: 'Give one of them a file: --reporter json=FILE.',
      },
    );
  }
  for (const { file } of asked) if (file !== undefined) await assertWritable(file);
  return asked;
}

interface ReporterSpec {
  kind: 'list' | 'plain' | 'json' | 'tap' | 'junit';
  file?: string;
}

const onStdout = ['list', 'plain', 'json', 'tap'] as const;
const toFiles = ['json', 'tap', 'junit'] as const;

function isKind<Kind extends string>(text: string, kinds: readonly Kind[]): text is Kind {
  return (kinds as readonly string[]).includes(text);
}

function parseSpec(text: string): ReporterSpec {
  const [kind = '', ...rest] = text.split('=');
  const file = rest.length === 0 ? undefined : rest.join('=');
  if (isKind(kind, onStdout) && file === undefined) return { kind };
  if (isKind(kind, toFiles) && file !== undefined && file !== '') return { kind, file };
  throw new UsageError('LAB_USAGE', `There is no reporter \`${text}\`.`, {
    hint: 'Use list, plain, json, json=FILE, tap, tap=FILE or junit=FILE.',
  });
}

/** All lines, or next to none, do not go with a list that is redrawn. */
function defaultKind({ isTty, verbose, quiet }: ReporterOptions): 'list' | 'plain' {
  return isTty && !verbose && !quiet ? 'list' : 'plain';
}

async function createReporter(
  { kind, file = '' }: ReporterSpec,
  options: ReporterOptions,
): Promise<Reporter> {
  switch (kind) {
    case 'plain':
      return new PlainReporter(options);
    case 'json':
      return file === '' ? new JsonReporter(options.stdout) : JsonReporter.toFile(file);
    case 'tap':
      return file === '' ? new TapReporter(options.stdout) : TapReporter.toFile(file);
    case 'junit':
      return new JunitReporter(file);
    case 'list': {
      // listr2 takes longer to load than all the rest of a short command.
      const { ListReporter } = await import('./list-reporter.ts');
      return new ListReporter(options);
    }
  }
}

async function assertWritable(file: string): Promise<void> {
  try {
    await access(path.dirname(path.resolve(file)), constants.W_OK);
    const present = await stat(file).catch(() => undefined);
    if (present?.isDirectory() === true) throw new Error('it is a folder');
    if (present !== undefined) await access(file, constants.W_OK);
  } catch (cause) {
    throw new UsageError(
      'LAB_USAGE',
      `The report cannot be written to ${file}: ${(cause as Error).message}`,
      {
        hint: 'Name a file in a folder that exists and is yours.',
        cause,
      },
    );
  }
}
