import type { RunReport } from '../model/event.ts';
import { formatSeconds } from './printable.ts';

/**
 * The last lines of a report: `lab coreos: 14 passed, 0 failed in 41 s`, how to go on after a run that was stopped, and
 * where the log is if there is a reason to read it.
 */
export function formatSummary(command: string, lab: string, report: RunReport): string[] {
  const log = report.logPath;
  const allIsWell = report.status === 'passed' || report.status === 'unchanged';
  const alreadyNamed = report.tasks.some((task) => task.error?.logPath === log);
  const line = log === undefined || allIsWell || alreadyNamed ? [] : [`log: ${log}`];
  const advice = report.tasks.find((task) => task.error?.code === 'LAB_INTERRUPTED')?.error?.hint;
  return [headline(command, lab, report), ...(advice === undefined ? [] : [advice]), ...line];
}

function headline(command: string, lab: string, report: RunReport): string {
  const time = formatSeconds(report.seconds);
  if (report.status === 'unchanged') {
    const subject = command === 'up' ? `lab ${lab} is up` : `lab ${lab}`;
    return `${subject}${command === 'up' ? ';' : ':'} nothing to do (${time})`;
  }
  const { passed, failed, skipped, blocked } = report.counts;
  const pending = report.tasks.filter((task) => task.status === 'pending').length;
  const rest: [number, string][] = [
    [skipped, 'skipped'],
    [blocked, 'not obtainable here'],
    [pending, 'not run'],
  ];
  const counts = [
    `${String(passed)} passed`,
    `${String(failed)} failed`,
    ...rest.flatMap(([count, word]) => (count > 0 ? [`${String(count)} ${word}`] : [])),
  ].join(', ');
  return report.status === 'interrupted'
    ? `lab ${lab}: stopped after ${time}: ${counts}`
    : `lab ${lab}: ${counts} in ${time}`;
}
