import { firstGroup, shellWord } from './explanation.ts';
import type { Complaint, ErrorClass, Explanation } from './explanation.ts';
import { folderTaken } from './vbox-manage-errors.ts';

/** Errors of one machine: its lock, its name, its boot, its snapshots. */
export const machineErrors: readonly ErrorClass[] = [
  {
    names: ['MachineActionLockedError', 'MachineLocked', 'EnvironmentLockedError'],
    opening:
      /^(An action '\w+' was attempted on the machine|Vagrant can't use the requested machine because it is locked|Vagrant attempted to acquire a lock)/,
    explain: locked,
  },
  {
    names: ['VMNameExists'],
    opening: /^A VirtualBox machine with the name '/,
    explain: ({ text }) => {
      const name = firstGroup(/with the name '(.+)' already exists/, text) ?? '';
      return {
        code: 'LAB_NAME_TAKEN',
        message: `VirtualBox has a machine named ${name} already: one of an earlier lab whose state is gone, or one of yours.`,
        hint: `If it is not needed, \`VBoxManage unregistervm ${shellWord(name)} --delete\` removes it with its disk.`,
      };
    },
  },
  {
    names: ['VirtualBoxNameExists', 'VirtualBoxFileExists'],
    opening: /^The name of your virtual machine couldn't be set/,
    explain: ({ text }) => folderTaken(text, firstGroup(/^VBoxManage\S*: error: (.+)$/m, text) ?? ''),
  },
  {
    names: ['VMBootTimeout'],
    opening: /^Timed out while waiting for the machine to boot/,
    explain: ({ machine, rows }) => {
      const name = virtualBoxName(rows);
      const message = `${machine ?? 'The machine'} was started and did not answer over ssh in time${lastTry(rows)}.`;
      if (isOnDocker(rows)) return { code: 'LAB_BOOT_TIMEOUT', message, hint: bootTimeoutOnDocker };
      return {
        code: 'LAB_BOOT_TIMEOUT',
        message,
        hint: `Run the same command again: the machine goes on booting meanwhile. \`VBoxManage controlvm ${name === undefined ? 'NAME' : shellWord(name)} screenshotpng screen.png\` shows its screen.`,
      };
    },
  },
  {
    names: ['VMBootBadState'],
    opening: /^The guest machine entered an invalid state while waiting for it to boot/,
    explain: diedInBoot,
  },
  {
    names: ['VMInaccessible'],
    opening: /^Your VM has become "inaccessible\."/,
    explain: ({ machine }) => ({
      code: 'LAB_VIRTUALBOX_FAILED',
      message: `VirtualBox cannot read the settings of ${machine ?? 'the machine'}, so it is lost.`,
      hint: '`VBoxManage list vms` shows it as <inaccessible>; `VBoxManage unregistervm UUID` forgets it. Then run the same command again to make it anew.',
    }),
  },
  {
    names: ['VirtualBoxUserMismatch'],
    opening: /^The VirtualBox VM was created with a user that doesn't match/,
    explain: ({ text }) => ({
      code: 'LAB_VAGRANT_FAILED',
      message: `The machine was made by user id ${firstGroup(/create the VM was: (\d+)/, text) ?? 'unknown'}, and this is user id ${firstGroup(/Your UID is: (\d+)/, text) ?? 'unknown'}: each user has VirtualBox machines of their own.`,
      hint: 'Run `lab` as the user that brought the lab up.',
    }),
  },
  {
    names: ['SnapshotNotFound'],
    opening: /^The snapshot name `/,
    explain: ({ text }) => {
      const machine = firstGroup(/virtual machine `(.+)`/, text);
      return {
        code: 'LAB_CHECKPOINT_UNKNOWN',
        message: `${machine ?? 'The machine'} has no snapshot ${firstGroup(/name `(.+)` was/, text) ?? 'of that name'}.`,
        ...(machine === undefined ? {} : { machine }),
      };
    },
  },
  {
    names: ['SnapshotConflictFailed'],
    opening: /^You must include the `--force` option to replace an existing snapshot/,
    explain: ({ machine }) => ({
      code: 'LAB_CHECKPOINT_EXISTS',
      message: `${machine ?? 'The machine'} has a snapshot of that name already.`,
    }),
  },
  {
    names: ['VMNotCreatedError', 'VMNotRunningError'],
    opening: /^VM must be (created|running) /,
    explain: ({ machine, text }) => ({
      code: 'LAB_NOT_UP',
      message: `${machine ?? 'The machine'} ${text.includes('created') ? 'has not been made' : 'is not running'}.`,
    }),
  },
  {
    names: ['SSHNotReady'],
    opening: /^The provider for this Vagrant-managed machine is reporting that it is not yet ready for SSH/,
    explain: ({ machine }) => ({
      code: 'LAB_SSH_FAILED',
      message: `Vagrant knows no way to ${machine ?? 'the machine'} over ssh, because it does not run.`,
      hint: '`lab status` shows the machines; `lab up SCENARIO` starts what is stopped.',
    }),
  },
  {
    names: [
      'SSHAuthenticationFailed',
      'SSHConnectionAborted',
      'SSHConnectionRefused',
      'SSHConnectionReset',
      'SSHConnectionTimeout',
      'SSHDisconnected',
      'SSHHostDown',
      'SSHNoRoute',
    ],
    opening: /^SSH authentication failed!/,
    explain: ({ machine, text }) => ({
      code: 'LAB_SSH_FAILED',
      message: `Vagrant does not reach ${machine ?? 'the machine'} over ssh: ${text.replace(/\s+/g, ' ').split('. ')[0] ?? ''}`,
    }),
  },
  {
    // Its class is VagrantError, which says nothing.
    names: [],
    opening: /^The (following )?SSH command responded with a non-zero exit status/,
    explain: provisionerFailed,
  },
  {
    names: ['VirtualBoxMountFailed'],
    opening: /^Vagrant was unable to mount VirtualBox shared folders/,
    explain: ({ machine }) => ({
      code: 'LAB_VAGRANT_FAILED',
      message: `${machine ?? 'The machine'} cannot mount shared folders: its box has no guest additions.`,
      hint: 'The labs need no shared folders: run `lab up` again, which renders the Vagrantfile anew.',
    }),
  },
  {
    names: ['ActiveMachineWithDifferentProvider'],
    opening: /^An active machine was found with a different provider/,
    explain: ({ text }) => ({
      code: 'LAB_VAGRANT_FAILED',
      message: `${firstGroup(/Machine name: (.+)/, text) ?? 'The machine'} is there already, made by provider ${firstGroup(/Active provider: (.+)/, text) ?? 'unknown'}.`,
      hint: '`lab destroy` first; or use that provider.',
    }),
  },
];

const bootTimeoutOnDocker =
  'Run the same command again: the machine goes on booting meanwhile. `docker ps --all` shows what became of it; what it wrote last is in the log.';

/** It was running when Vagrant began to wait for its ssh. */
function diedInBoot({ text, machine, rows }: Complaint): Explanation {
  const name = machine ?? 'The machine';
  // Vagrant breaks its lines anywhere.
  const state = firstGroup(/The machine is in the\s+'(\w+)'/, text);
  if (!isOnDocker(rows)) {
    return {
      code: 'LAB_VIRTUALBOX_FAILED',
      message: `${name} did not stay up while it booted: it is ${state ?? 'not running'}.`,
      hint: `\`VBoxManage showvminfo ${shellWord(virtualBoxName(rows) ?? 'NAME')} --log 0\` shows VirtualBox's log of it. Run the same command again to start it once more.`,
    };
  }
  const what = state === 'not_created' ? 'was removed' : 'was stopped';
  return {
    code: 'LAB_VAGRANT_FAILED',
    message: `${name} did not stay up while it booted: its container ${what}.`,
    hint: 'Run the same command again to boot it once more; machines that are up are kept. `docker ps --all` shows how a container ended: 137 is a kill, often for want of memory.',
  };
}

/** Vagrant says which provider each machine has before it does anything. */
function isOnDocker(rows: Complaint['rows']): boolean {
  return rows.some(
    (row) =>
      row.kind === 'data' &&
      row.type === 'metadata' &&
      row.values[0] === 'provider' &&
      row.values[1] === 'docker',
  );
}

function locked({ text, machine }: Complaint): Explanation {
  const named = firstGroup(/on the machine '([^']+)'/, text) ?? firstGroup(/^Name: (.+)$/m, text);
  const action = firstGroup(/^An action '(\w+)'/, text);
  return {
    code: 'LAB_MACHINE_LOCKED',
    message: `Another Vagrant is at work on ${named ?? machine ?? 'this project'}${action === undefined ? '.' : `, so \`${action}\` was refused.`}`,
    hint: 'Wait for it to end, then run the same command again. `pgrep -af vagrant` shows what runs.',
    ...(named === undefined ? {} : { machine: named }),
  };
}

function provisionerFailed({ text, machine, rows }: Complaint): Explanation {
  const said = rows.flatMap((row) => (row.kind === 'ui' && row.machine === machine ? [row.text] : []));
  const title = said.findLast((line) => line.startsWith('Running provisioner: '));
  const which = title === undefined ? 'A provisioner' : `The provisioner ${provisionerName(title)}`;
  return {
    code: 'LAB_VAGRANT_FAILED',
    message: `${which} of the Vagrantfile failed on ${machine ?? 'the machine'}.`,
    output: text.startsWith('The following') ? text : [...said.slice(-10), text].join('\n'),
  };
}

/** `Running provisioner: fails (shell)...` */
function provisionerName(title: string): string {
  return title.replace('Running provisioner: ', '').replace(/\.\.\.$/, '');
}

/** Each try to connect that fails is a warning: `Warning: Authentication failure. Retrying...` */
function lastTry(rows: Complaint['rows']): string {
  const tries = rows.flatMap((row) => (row.kind === 'ui' ? [row.text] : []));
  const last = tries
    .map((text) => firstGroup(/^Warning: (.+?)\. Retrying/, text))
    .findLast((reason) => reason !== undefined);
  return last === undefined ? '' : `; the last try ended in: ${last}`;
}

/** What VirtualBox calls the machine; Vagrant says it when it has imported it. */
function virtualBoxName(rows: Complaint['rows']): string | undefined {
  const said = rows.flatMap((row) => (row.kind === 'ui' || row.kind === 'text' ? [row.text] : []));
  return said
    .map((text) => firstGroup(/Setting the name of the VM: (.+)/, text))
    .findLast((name) => name !== undefined);
}
