/** Milliseconds of a scenario's duration: a whole number with `s` or `m`, e.g. `30s` or `2m` (the schema sees to that). */
export function durationInMs(duration: string): number {
  return Number.parseInt(duration, 10) * (duration.endsWith('m') ? 60_000 : 1_000);
}
