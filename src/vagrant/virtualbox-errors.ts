import { firstGroup } from './explanation.ts';
import type { ErrorClass, Explanation } from './explanation.ts';
import { explainVBoxManage } from './vbox-manage-errors.ts';

const reinstall = 'Install VirtualBox anew: https://www.virtualbox.org/wiki/Downloads.';

/** Errors about VirtualBox itself: whether it is there, which one it is, what VBoxManage answered. */
export const virtualBoxErrors: readonly ErrorClass[] = [
  {
    names: ['VirtualBoxNotDetected'],
    opening: /^Vagrant could not detect VirtualBox!/,
    explain: () => ({
      code: 'LAB_VIRTUALBOX_MISSING',
      message: 'Vagrant does not find VirtualBox: there is no `VBoxManage` on PATH.',
    }),
  },
  {
    names: ['VBoxManageNotFoundError'],
    opening: /^The "VBoxManage" command or one of its dependencies could not be found/,
    explain: () => ({
      code: 'LAB_VIRTUALBOX_MISSING',
      message: 'VirtualBox is not installed as a whole: `VBoxManage` or something that it needs is missing.',
      hint: `\`VBoxManage --version\` must print a version. ${reinstall}`,
    }),
  },
  {
    names: ['VirtualBoxInvalidVersion', 'VirtualBoxBrokenVersion040214'],
    opening: /^Vagrant (has detected that you have a version|detected you have) .*VirtualBox.* installed/,
    explain: ({ text }) => unknownVersion(firstGroup(/^(\d+\.\d+(?:, \d+\.\d+)*)$/m, text)),
  },
  {
    names: ['VirtualBoxKernelModuleNotLoaded'],
    opening: /^VirtualBox is complaining that the kernel module is not loaded/,
    explain: () => ({
      code: 'LAB_VIRTUALBOX_DRIVER',
      message: "VirtualBox's kernel module vboxdrv is not loaded; `VBoxManage --version` says why.",
    }),
  },
  {
    names: ['VirtualBoxInstallIncomplete'],
    opening: /^VirtualBox is complaining that the installation is incomplete/,
    explain: () => ({
      code: 'LAB_VIRTUALBOX_DRIVER',
      message:
        "VirtualBox's kernel module was not built: `VBoxManage --version` asks for packages to be installed.",
      hint: 'Debian and Ubuntu: `sudo apt-get install virtualbox-dkms linux-headers-$(uname -r)`, then `sudo modprobe vboxdrv`. Where the package is there and the warning stays, Secure Boot may refuse the module.',
    }),
  },
  {
    names: ['VirtualBoxVersionEmpty'],
    opening: /^Vagrant detected that VirtualBox appears installed on your system, but calls to detect/,
    explain: () => ({
      code: 'LAB_VIRTUALBOX_FAILED',
      message: '`VBoxManage --version` prints nothing, so VirtualBox is not installed as a whole.',
      hint: `\`VBoxManage --version\` must print a version. ${reinstall}`,
    }),
  },
  {
    names: ['VBoxManageLaunchError'],
    opening: /^There was an error running VBoxManage\./,
    explain: ({ text }) => ({
      code: 'LAB_VIRTUALBOX_FAILED',
      message: `VBoxManage could not be started: ${text.trim().split('\n').at(-1) ?? ''}`,
      hint: `\`VBoxManage --version\` must work first. ${reinstall}`,
    }),
  },
  {
    names: ['HypervVirtualBoxError'],
    opening: /^Hyper-V and VirtualBox cannot be used together/,
    explain: () => ({
      code: 'LAB_HYPERVISOR_BUSY',
      message: 'Hyper-V is on, and Vagrant does not start VirtualBox beside it.',
    }),
  },
  {
    names: ['VBoxManageError'],
    opening: /^There was an error while executing `VBoxManage`/,
    explain: ({ text }) => explainVBoxManage(text),
  },
  {
    names: ['VMCustomizationFailed'],
    opening: /^A customization command failed:/,
    explain: ({ text }) => explainVBoxManage(text),
  },
  {
    names: ['VMImportFailure', 'VMCloneFailure', 'VMCreateMasterFailure'],
    opening:
      /^(The VM import failed!|Creation of the linked clone failed|Failed to create lock-file for master)/,
    explain: ({ text }) => ({
      code: 'LAB_VIRTUALBOX_FAILED',
      message: `VirtualBox could not make a machine from the box: ${text.trim().split('\n')[0] ?? ''}`,
    }),
  },
  {
    names: ['VirtualBoxNoName', 'VirtualBoxMachineFolderNotFound', 'VirtualBoxConfigNotFound'],
    opening:
      /^Vagrant (was unable to determine the recommended name|failed to determine the machine folder|was unable to locate the configuration file)/,
    explain: () => ({
      code: 'LAB_VIRTUALBOX_FAILED',
      message: 'Vagrant does not understand what VBoxManage answers.',
      hint: 'Run the same command again. If it fails again, this Vagrant may be too old for this VirtualBox: `lab doctor` compares them.',
    }),
  },
  {
    // Cannot be met with VAGRANT_DEFAULT_PROVIDER set, as we set it: then also `vagrant status` gives the reason.
    names: ['NoDefaultProvider'],
    opening: /^No usable default provider could be found/,
    explain: () => ({
      code: 'LAB_PREFLIGHT',
      message:
        'Vagrant finds no provider that it can use, and does not say why: VirtualBox can be missing, too new for this Vagrant, or without its kernel module.',
      hint: '`lab doctor` says which it is.',
    }),
  },
];

function unknownVersion(known: string | undefined): Explanation {
  const versions = known?.split(', ') ?? [];
  const [oldest, newest] = [versions[0], versions.at(-1)];
  return {
    code: 'LAB_VIRTUALBOX_VERSION',
    message:
      oldest === undefined || newest === undefined
        ? 'This Vagrant cannot drive the VirtualBox that is installed.'
        : `This Vagrant knows VirtualBox ${oldest} to ${newest}, and another one is installed.`,
    hint: '`vagrant --version` and `VBoxManage --version` show the two. A newer Vagrant drives newer VirtualBoxes: https://developer.hashicorp.com/vagrant/install.',
  };
}
