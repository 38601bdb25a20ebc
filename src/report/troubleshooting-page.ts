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

/** The text of docs/troubleshooting.md: all codes with links to their pages. */
export function troubleshootingPage(): string {
  const codes = codesByExitCode();
  const sections = groups.map(({ exitCode, title, text }) => {
    const rows = (codes.get(exitCode) ?? []).map((code) => tableRow(code, exitCode));
    const table = ['| code | meaning | exit code |', '| --- | --- | --- |', ...rows].join('\n');
    return [`## Exit ${exitCode}: ${title}`, text, table].join('\n\n');
  });
  return `${[indexHead, ...sections].join('\n\n')}\n`;
}

/** The pages in docs/errors, file name to text: one for each code. */
export function errorPages(): Map<string, string> {
  const pages = new Map<string, string>();
  for (const [exitCode, codes] of codesByExitCode()) {
    const group = groups.find((candidate) => candidate.exitCode === exitCode);
    for (const code of codes) pages.set(`${code}.md`, errorPage(code, exitCode, group?.title ?? ''));
  }
  return pages;
}

const generated =
  '<!-- Generated from src/model/error-codes.ts by `npx tsx scripts/write-docs.mjs`. Do not edit. -->';

const indexHead = `${generated}

# Troubleshooting

Every error of \`lab\` has a code with a page of its own. The last line of a message names the page; with \`--json\` the
code is \`error.code\`, and \`lab doctor --json\` gives the code of each finding. A code keeps its meaning for good.

A step or a check of the chapter that fails is no error but a result: the report shows what was expected, what was found,
on which machine, by which command, and a hint, and \`lab\` exits with 1. Where nothing failed but a step needs what cannot
be had here (\`BLOCKED\`), it exits with 4.

What it looks like when a machine dies, an sshd does not answer or a name server is silent, and how long it takes:
[faults](reference/faults.md).

Before you report a fault, run the same command with \`--verbose\` and keep the log that the report names.`;

/** Codes that errors of two classes have, and the second exit code. */
const secondExitCode: Partial<Record<ErrorCode, string>> = {
  LAB_PROVIDER_UNSUPPORTED: '2 where `--provider` named the provider',
};

/** The anchor is what links to this page have always used. */
function tableRow(code: ErrorCode, exitCode: number): string {
  const anchor = `<a id="${code.toLowerCase()}"></a>`;
  const exit = [String(exitCode), secondExitCode[code]].filter((text) => text !== undefined).join('; ');
  return `| ${anchor}[${code}](errors/${code}.md) | ${errorCodes[code].meaning.replaceAll('|', '\\|')} | ${exit} |`;
}

function errorPage(code: ErrorCode, exitCode: number, title: string): string {
  const { meaning, cause, fix }: ErrorCodeEntry = errorCodes[code];
  const second = secondExitCode[code];
  const exit = `\`lab\` exits with ${exitCode} (${title})${second === undefined ? '' : `, with ${second}`}.`;
  const sections = [
    generated,
    `# ${code}`,
    `${meaning} ${exit}`,
    `## Usual cause\n\n${cause}`,
    `## What to do\n\n${fix}`,
    '[All codes](../troubleshooting.md)',
  ];
  return `${sections.join('\n\n')}\n`;
}
