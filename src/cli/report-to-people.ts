import { reporterSpecs, type ReportFlags } from './report-flags.ts';

/** Whether standard output is read by people: a command may then add to what the reporters say. */
export function reportsToPeople(flags: ReportFlags): boolean {
  return !reporterSpecs(flags).includes('json');
}

/** What to add to a command that is suggested, so that it is about the lab that was named. */
export function labWords(name: string | undefined, option = ''): string {
  return name === undefined ? '' : ` ${option}${name}`;
}
