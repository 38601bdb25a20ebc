import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

/** What the figures depend on, without anything that names this machine. To be asked before the bench makes load itself. */
export function describeCircumstances(labVersion: string): string[] {
  const docker = firstLine('docker', 'version', '--format', '{{.Server.Version}}');
  return [
    describeHost(),
    `Versions: ${labVersion.trim()}, Node ${process.versions.node}, ${firstLine('vagrant', '--version')}, Docker ${docker}, ` +
      `${firstLine('etcd', '--version')}.`,
  ];
}

/** The same for VirtualBox; its version is the one that it really has. */
export function describeVirtualBox(): string[] {
  process.env['VBOX_TRUE_VERSION'] = '1';
  const virtualBox = firstLine('VBoxManage', '--version');
  delete process.env['VBOX_TRUE_VERSION'];
  return [
    describeHost(),
    `Versions: Node ${process.versions.node}, ${firstLine('vagrant', '--version')}, VirtualBox ${virtualBox}.`,
  ];
}

function describeHost(): string {
  const [processor] = cpus();
  return (
    `Machine: ${cpus().length} cores (${processor?.model.trim() ?? 'unknown'}), ` +
    `${(totalmem() / 1024 ** 3).toFixed(0)} GiB; load average when the bench started: ${(loadavg()[0] ?? 0).toFixed(1)}.`
  );
}

function firstLine(file: string, ...args: string[]): string {
  return (execFileSync(file, args, { encoding: 'utf8' }).split('\n')[0] ?? '').trim();
}
