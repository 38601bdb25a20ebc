/** Milliseconds as seconds for people: `2.5`; what remains of a deadline has many digits. */
export function inSeconds(ms: number): string {
  return String(Math.round(ms / 10) / 100);
}
