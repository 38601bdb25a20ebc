import { readdirSync, readFileSync } from 'node:fs';

/**
 * SIGKILL for a process and all that it has started, themselves or through others, as when a laptop's battery is empty:
 * `lab`, Vagrant, VBoxManage. VirtualBox's own service is nobody's child and lives on.
 */
export function killTree(pid: number): void {
  // Stopped first: nothing is started while the tree is read.
  process.kill(pid, 'SIGSTOP');
  for (const child of childrenOf(pid)) killTree(child);
  process.kill(pid, 'SIGKILL');
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    // PID (COMMAND) STATE PPID ...; the command may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // It has ended meanwhile.
  }
}
