import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const binary = '/usr/lib/systemd/systemd';
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
/** `systemd --test --user`, which reads units and says what it has read, refuses to be run by root. */
const asUser = isRoot
  ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', binary]
  : [binary];

/** This machine has a systemd that reads units for us. It need not be what runs the machine. */
export const hasSystemd: boolean =
  existsSync(binary) && readUnit({ 'a.service': '[Service]\nExecStart=/bin/true\n' }, 'a.service').ok;

/**
 * What a real systemd has read of a unit, as it dumps it: `Environment: NAME=value`, `Condition: ...`. `files` are unit files
 * and drop-ins by their paths below a unit folder.
 */
export function readUnit(
  files: Readonly<Record<string, string>>,
  unit: string,
): { ok: boolean; dump: string } {
  const folder = mkdtempSync(join(tmpdir(), 'units-'));
  try {
    chmodSync(folder, 0o755);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o700 });
    if (isRoot) chownSync(home, nobody, nobody);
    const [command = binary, ...first] = asUser;
    const { status, stdout, stderr } = spawnSync(
      command,
      [...first, '--test', '--user', '--log-target=console', `--unit=${unit}`],
      {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
        // The colon at the end: and the folders that systemd knows by itself.
        env: {
          PATH: process.env['PATH'],
          HOME: home,
          XDG_RUNTIME_DIR: home,
          SYSTEMD_UNIT_PATH: `${folder}:`,
        },
      },
    );
    const [, dump = ''] =
      new RegExp(`-> Unit ${unit}:\n(.*?)\n\t-> Unit`, 's').exec(`${stdout}${stderr}\n\t-> Unit`) ?? [];
    return { ok: status === 0 && dump !== '', dump };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
