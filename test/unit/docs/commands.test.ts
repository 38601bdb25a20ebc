import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../../src/cli/program.ts';

const page = readFileSync(new URL('../../../docs/reference/commands.md', import.meta.url), 'utf8');

/** Text below each heading of the second level, by heading. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end), section.slice(end)] as const;
    }),
);

/** Commands that do something, with their full names: `lab discovery serve`. */
function leaves(command: Command, prefix: string): [name: string, command: Command][] {
  const name = `${prefix}${command.name()}`;
  const below = command.commands.filter((child) => child.name() !== 'help');
  return below.length === 0 ? [[name, command]] : below.flatMap((child) => leaves(child, `${name} `));
}

const program = buildProgram('0.0.0', {
  signal: new AbortController().signal,
  setExitCode: () => undefined,
  atWorkOn: () => undefined,
});
const commands = leaves(program, '');

describe('docs/reference/commands.md', () => {
  it('has a section for each command, and none for a command that is not there', () => {
    const documented = [...sections.keys()].filter((heading) => heading.startsWith('lab '));
    expect(documented.sort()).toEqual(commands.map(([name]) => name).sort());
  });

  it.each(commands)('names every option and argument of %s, and no other option', (name, command) => {
    const shared = sections.get('Options of a run') ?? '';
    const own = sections.get(name) ?? '';
    const text = own.includes('(#options-of-a-run)') ? own + shared : own;
    const flags = command.options.map((option) => option.long ?? option.short ?? '');
    expect(flags.filter((flag) => !new RegExp(`\`(-\\w, )?${flag}[ \`]`).test(text))).toEqual([]);
    const inFirstColumn = [...own.matchAll(/^\| `(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag ?? '');
    expect(inFirstColumn.filter((flag) => !flags.includes(flag))).toEqual([]);
    const usage = /```\n(lab [^`]*)```/.exec(own)?.[1] ?? '';
    const missing = command.registeredArguments.filter(
      (argument) => !usage.includes(argument.name().toUpperCase()),
    );
    expect(missing.map((argument) => argument.name())).toEqual([]);
  });
});
