import { Option, type Command } from 'commander';

/** For an option that may be repeated. */
export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** What all commands that run a plan have in common: how they report. */
export function withRunOptions(command: Command): Command {
  const reporter = new Option(
    '--reporter <name>',
    'how to report: list, plain, json, tap, junit=FILE; may be repeated',
  ).argParser(collect);
  return command
    .addOption(reporter)
    .option('--json', 'report as JSON lines; the same as --reporter json')
    .option('-q, --quiet', 'only failures and the summary')
    .option('-v, --verbose', 'every line of progress');
}
