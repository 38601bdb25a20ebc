import { errorCodes, type ErrorCode } from '../model/error-codes.ts';
import type { Problem } from '../model/errors.ts';

/** What `lab doctor` found out. */
export interface Examination {
  scenario: string;
  /** What is well, one line each. */
  findings: string[];
  problems: Problem[];
}

const labels = { error: 'error', warning: 'warn ' } as const;

/** For a person: every finding with `ok`, `warn` or `error`, those that are not well with code, cause and fix. */
export function doctorText({ findings, problems }: Examination): string {
  return [...findings.map((finding) => `ok    ${finding}`), ...bySeverity(problems).map(describe)].join('\n');
}

function describe({ code, severity, message, fix }: Problem): string {
  return [
    `${labels[severity]} ${code}: ${message}`,
    `      usual cause: ${errorCodes[code].cause}`,
    `      fix: ${fix}`,
    `      see ${pageOf(code)}`,
  ].join('\n');
}

/** For programs: `lab doctor --json`. */
export function doctorJson({ scenario, findings, problems }: Examination): object {
  return {
    scenario,
    ready: !problems.some((problem) => problem.severity === 'error'),
    findings,
    problems: bySeverity(problems).map(({ code, severity, message, fix }) => ({
      ...{ code, severity, message, cause: errorCodes[code].cause, fix, page: pageOf(code) },
    })),
  };
}

function bySeverity(problems: readonly Problem[]): Problem[] {
  return [
    ...problems.filter((problem) => problem.severity === 'warning'),
    ...problems.filter((problem) => problem.severity === 'error'),
  ];
}

function pageOf(code: ErrorCode): string {
  return `docs/errors/${code}.md`;
}
