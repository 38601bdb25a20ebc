import { errorCodes, type ErrorCode, type ErrorCodeEntry } from '../model/error-codes.ts';

/** What `lab` exits with and what that means. `first`: the first code of the group, in the order of `errorCodes`. */
const groups: readonly { exitCode: number; title: string; text: string; first: ErrorCode }[] = [
  {
    exitCode: 2,
    title: 'the command line',
    text: 'What was typed cannot be done. Nothing was begun.',
    first: 'LAB_USAGE',
  },
  {
    exitCode: 3,
    title: 'a file that a person wrote',
    text: 'A scenario, template or cloud-config has mistakes. All of them are shown at once, with file, line and column.',
    first: 'LAB_SCENARIO_INVALID',
  },
  {
    exitCode: 4,
    title: 'this machine or the network',
    text: 'Something that the lab needs is missing or in the way here. `lab doctor` looks at most of it beforehand.',
    first: 'LAB_PREFLIGHT',
  },
  {
    exitCode: 5,
    title: 'a command that failed',
    text: 'A command that `lab` ran, here or on a machine, did not succeed. The message shows its last lines and names the log.',
    first: 'LAB_VAGRANT_FAILED',
  },
  {
    exitCode: 130,
    title: 'stopped',
    text: 'A person or a signal ended the run.',
    first: 'LAB_INTERRUPTED',
  },
  {
    exitCode: 70,
    title: 'a mistake of ours',
    text: 'This should not happen.',
    first: 'LAB_BUG',
  },
];

/** The codes that `lab` exits with that number for, in the order in which the page shows them. */
export function codesByExitCode(): Map<number, ErrorCode[]> {
  const byExitCode = new Map<number, ErrorCode[]>();
  let current: ErrorCode[] = [];
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const group = groups.find(({ first }) => first === code);
    if (group !== undefined) {
      current = [];
      byExitCode.set(group.exitCode, current);
    }
    current.push(code);
  }
  return byExitCode;
}

/** The text of docs/troubleshooting.md. Messages of `lab` point to its headings. */
export function troubleshootingPage(): string {
  const codes = codesByExitCode();
  const sections = groups.map(({ exitCode, title, text }) => {
    const entries = (codes.get(exitCode) ?? []).map(describeCode);
    return [`## Exit ${exitCode}: ${title}`, text, ...entries].join('\n\n');
  });
  return `${[head, ...sections].join('\n\n')}\n`;
}

const head = `<!-- Generated from src/model/error-codes.ts by \`npx tsx scripts/write-docs.mjs\`. Do not edit. -->

# Troubleshooting

Every error of \`lab\` has a code. The code stands in the last line of the message, which points to this page; with
\`--json\` it is \`error.code\`. A code keeps its meaning for good.

A step or a check of the chapter that fails is no error but a result: the report shows what was expected, what was found,
on which machine, by which command, and a hint, and \`lab\` exits with 1. Where nothing failed but a step needs what cannot
be had here (\`BLOCKED\`), it exits with 4.

One code has two exit codes: LAB_PROVIDER_UNSUPPORTED ends with 2 where \`--provider\` named the provider.

Before you report a fault, run the same command with \`--verbose\` and keep the log that the report names.`;

function describeCode(code: ErrorCode): string {
  const { meaning, cause, fix }: ErrorCodeEntry = errorCodes[code];
  return [`### ${code}`, '', meaning, '', `- Usual cause: ${cause}`, `- What to do: ${fix}`].join('\n');
}
