import { readdir } from 'node:fs/promises';
import { labPaths, logPath } from './lab-home.ts';

/**
 * Where a run that begins now logs. The newest log is the last by name, also when somebody has set the clock back since:
 * then its name goes by the log before it. `now`: milliseconds since 1970.
 */
export async function newLogPath(home: string, lab: string, now: number, command: string): Promise<string> {
  const names = await readdir(labPaths(home, lab).logs).catch(() => []);
  const times = names.flatMap((name) => timeIn(name) ?? []);
  return logPath(home, lab, new Date(Math.max(now, ...times.map((time) => time + 1))), command);
}

/** Of `20240501T180000123Z-up.log`. */
function timeIn(name: string): number | undefined {
  const time = name.replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-.*\.log$/,
    '$1-$2-$3T$4:$5:$6.$7Z',
  );
  const parsed = time === name ? NaN : Date.parse(time);
  return Number.isNaN(parsed) ? undefined : parsed;
}
