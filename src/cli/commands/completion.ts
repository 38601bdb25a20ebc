import type { Command } from 'commander';
import { UsageError } from '../../model/errors.ts';
import { print } from '../print.ts';

const shells: Record<string, (program: Command) => string> = { bash, zsh, fish };

/** `lab completion SHELL`: a completion script made from the command tree; scenarios and labs are asked of `lab` itself. */
export function completion(shell: string, program: Command): void {
  const write = shells[shell];
  if (write === undefined) {
    throw new UsageError('LAB_USAGE', `There is no completion for "${shell}".`, {
      hint: 'Use bash, zsh or fish.',
    });
  }
  print(write(program));
}

/** `lab list` prints a header and then a scenario a line. */
const scenarioNames = "lab list 2>/dev/null | tail -n +2 | cut -d ' ' -f 1";

function commandsOf(program: Command): { name: string; description: string; flags: string[] }[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: command.options.flatMap((option) => (option.long === undefined ? [] : [option.long ?? ''])),
  }));
}

function bash(program: Command): string {
  const commands = commandsOf(program);
  const cases = commands.map(
    ({ name, flags }) => `      ${name}) words="${flags.join(' ')} $(${scenarioNames})" ;;`,
  );
  return `# eval "$(lab completion bash)"
_lab() {
  local current=\${COMP_WORDS[COMP_CWORD]} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(' ')} help"
  else
    case \${COMP_WORDS[1]} in
${cases.join('\n')}
      *) words="" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _lab lab`;
}

function zsh(program: Command): string {
  return `# eval "$(lab completion zsh)"
autoload -U +X bashcompinit && bashcompinit
${bash(program).split('\n').slice(1).join('\n')}`;
}

function fish(program: Command): string {
  const commands = commandsOf(program);
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return [
    '# lab completion fish | source',
    'complete -c lab -f',
    ...commands.map(
      ({ name, description }) =>
        `complete -c lab -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
    ),
    ...commands.flatMap(({ name, flags }) =>
      flags.map((flag) => `complete -c lab -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`),
    ),
    `complete -c lab -n 'not __fish_use_subcommand' -a '(${scenarioNames})'`,
  ].join('\n');
}
