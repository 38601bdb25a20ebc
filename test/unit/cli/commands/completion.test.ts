import { afterEach, describe, expect, it, vi } from 'vitest';
import { completion } from '../../../../src/cli/commands/completion.ts';
import { buildProgram } from '../../../../src/cli/program.ts';
import { UsageError } from '../../../../src/model/errors.ts';

const program = buildProgram('1.2.3', {
  signal: new AbortController().signal,
  setExitCode: () => undefined,
  atWorkOn: () => undefined,
});

function script(shell: string): string {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  completion(shell, program);
  vi.restoreAllMocks();
  return written.join('');
}
afterEach(() => {
  vi.restoreAllMocks();
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('knows every command and its options in %s', (shell) => {
    const text = script(shell);
    for (const command of program.commands) {
      expect(text).toContain(command.name());
      for (const { long } of command.options) {
        expect(text).toContain(shell === 'fish' ? `-l ${long?.slice(2) ?? ''}` : (long ?? ''));
      }
    }
  });

  it('quotes descriptions for fish', () => {
    expect(script('fish')).toContain(
      '-a env -d \'print the environment of a lab for `eval "$(lab env LAB)"`\'',
    );
  });

  it('refuses other shells', () => {
    expect(() => {
      script('csh');
    }).toThrow(UsageError);
  });
});
