import { Option, type Command } from 'commander';

/** For an option that may be repeated. */
export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** What `up` and `prove` may say of the lab that they bring up. */
export function withLabOptions(command: Command): Command {
  return command
    .usage('SCENARIO [options] [--PARAMETER VALUE...]')
    .argument('<scenario>', 'name of a scenario (`lab list`) or path of a scenario file')
    .option('--set <name=value>', 'set a parameter; may be repeated', collect)
    .option('--provider <name>', 'auto, virtualbox or docker', 'auto')
    .option('--edition <name>', 'auto, or an edition of the scenario')
    .option('--with <role>', 'bring up an optional machine too, e.g. dokku; may be repeated', collect)
    .option('--subnet <cidr>', 'private network of the machines, a /24')
    .option('--hosts-file <file>', 'hosts file to write the names of the machines to')
    .option('--no-hosts', 'leave the hosts file alone')
    .option('--no-ssh-config', 'leave the ssh config alone')
    .option('--no-agent', 'do not load the key into an ssh agent')
    .option('-y, --yes', 'do not ask')
    .option('--trust', 'agree to the commands that a scenario file runs on this computer')
    .allowUnknownOption()
    .allowExcessArguments();
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
    .option('-q, --quiet', 'only failures, warnings on the way and the summary')
    .option('-v, --verbose', 'every line of progress');
}
