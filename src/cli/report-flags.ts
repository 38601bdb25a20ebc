import type { ReporterOptions } from '../report/create-reporters.ts';

/** The options that all commands that run a plan share. */
export interface ReportFlags {
  reporter?: string[];
  json?: true;
  quiet?: true;
  verbose?: true;
  /** Nothing is reported: the command itself says what came of the run. */
  silent?: true;
}

/** What the reporters of a run are made from. */
export function reporterOptions(flags: ReportFlags): ReporterOptions {
  return {
    specs: reporterSpecs(flags),
    stdout: process.stdout,
    isTty: process.stdout.isTTY,
    color: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    verbose: flags.verbose === true,
    quiet: flags.quiet === true,
  };
}

/** What was said of reporters, as `--reporter` says it. */
export function reporterSpecs({ reporter = [], json }: ReportFlags): string[] {
  return [...reporter, ...(json ? ['json'] : [])];
}
