import { quoteShell } from '../provision/quote.ts';

/**
 * What to do after a command was stopped, with the very command line to go on with. `lab`: the lab that it had begun to
 * work on; undefined where it had changed none.
 */
export function adviceAfterStop(args: readonly string[], lab: string | undefined): string {
  const again = `\`${['lab', ...args].map(asWord).join(' ')}\``;
  if (lab === undefined) return `What is there is kept. To begin again: ${again}.`;
  const removal = `\`lab destroy ${lab}\``;
  const [command] = args;
  if (command === 'destroy') return `What was not removed yet is kept. To go on: ${again}.`;
  if (command === 'prove')
    return `What was made is kept. To remove it: ${removal}. To prove from the beginning after that: ${again}.`;
  return `What was made is kept. To go on: ${again}. To remove it: ${removal}.`;
}

/** As a person would type it: quoted only where a shell needs that. */
function asWord(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : quoteShell(arg);
}
