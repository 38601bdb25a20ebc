/** Whether this process may do all on this computer, so that nothing has to be asked of sudo; on Windows there is none. */
export function isRoot(): boolean {
  return process.geteuid === undefined || process.geteuid() === 0;
}
