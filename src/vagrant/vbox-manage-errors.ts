import { firstGroup, shellWord } from './explanation.ts';
import type { Explanation } from './explanation.ts';
import { rangeRefused } from './network-errors.ts';

interface Refusal {
  /** What VBoxManage was asked, as words. */
  words: readonly string[];
  /** Its standard error. */
  stderr: string;
  /** Its first error line, without `VBoxManage: error:`. */
  reason: string;
}

/**
 * What VirtualBox says when it cannot do something, by its stable names (include/VBox/err.h, include/iprt/err.h) where
 * there is one. The first that matches wins.
 */
const refusals: readonly [pattern: RegExp, explain: (refusal: Refusal) => Explanation][] = [
  [
    /E_ACCESSDENIED[^]*EnableStaticIPConfig/,
    ({ words }) => rangeRefused(words.includes('--ip') ? words[words.indexOf('--ip') + 1] : undefined),
  ],
  [
    /VERR_SUP_DRIVERLESS/,
    ({ reason }) => ({
      code: 'LAB_VIRTUALBOX_DRIVER',
      message: `VirtualBox runs without its kernel module, and then has no networks between machines: ${reason}`,
    }),
  ],
  [
    /VERR_VM_DRIVER_|VERR_SUPDRV_|rc=-1908|Kernel driver not (installed|accessible)/,
    ({ reason }) => ({
      code: 'LAB_VIRTUALBOX_DRIVER',
      message: `VirtualBox does not reach its kernel module vboxdrv: ${reason}`,
    }),
  ],
  [
    /VBoxNetAdpCtl|vboxnetctl|Failed to create the host-only adapter|VERR_INTNET_FLT|host networking interface/,
    ({ reason, stderr }) => ({
      code: 'LAB_NETWORK_FAILED',
      message: `VirtualBox could not make the host-only network: ${firstGroup(/VBoxNetAdpCtl: (.+)/, stderr) ?? reason}`,
      ...(stderr.includes('/dev/vboxnetctl')
        ? {
            hint: '`sudo modprobe -a vboxnetadp vboxnetflt`; where these modules are missing, `sudo /sbin/vboxconfig`, on Debian and Ubuntu `sudo apt-get install virtualbox-dkms`.',
          }
        : {}),
    }),
  ],
  [
    /VERR_VMX_IN_VMX_ROOT_MODE|VERR_SVM_IN_USE|being used by another hypervisor/,
    ({ reason }) => ({
      code: 'LAB_HYPERVISOR_BUSY',
      message: `VirtualBox cannot have the processor's virtualization: ${reason}`,
    }),
  ],
  [
    /VERR_(VMX|SVM)_(NO_VMX|NO_SVM|DISABLED|MSR_\w+)/,
    ({ reason }) => ({
      code: 'LAB_VIRTUALBOX_FAILED',
      message: `The processor offers VirtualBox no virtualization: ${reason}`,
      hint: "Switch on Intel VT-x or AMD-V (SVM) in the computer's firmware. On Windows Hyper-V may hold it: `bcdedit /set hypervisorlaunchtype off` and restart. In a virtual machine, allow nested virtualization. Or use --provider docker.",
    }),
  ],
  [
    /VBOX_E_PLATFORM_ARCH_NOT_SUPPORTED|platform architecture \S+ is not supported/,
    ({ reason }) => ({ code: 'LAB_ARCHITECTURE', message: `The box does not run here: ${reason}` }),
  ],
  [
    /already locked by a session|while it is locked|VBOX_E_INVALID_OBJECT_STATE[^]*session/,
    ({ reason }) => ({
      code: 'LAB_MACHINE_LOCKED',
      message: `VirtualBox is at work on that machine for somebody else: ${reason}`,
      hint: 'Close its window and its settings in VirtualBox Manager, or wait; then run the same command again.',
    }),
  ],
  [
    /VERR_NO_MEMORY|VERR_NO_LOW_MEMORY|VERR_OUT_OF_RESOURCES|VERR_MAP_FAILED/,
    ({ reason }) => ({
      code: 'LAB_MEMORY_LOW',
      message: `There is not enough free memory for the machine: ${reason}`,
    }),
  ],
  [
    /VERR_DISK_FULL|No space left on device/,
    ({ reason }) => ({ code: 'LAB_DISK_LOW', message: `The disk is full: ${reason}` }),
  ],
  [
    /VERR_ALREADY_EXISTS|Machine settings file '.+' already exists/,
    ({ stderr, reason }) => folderTaken(stderr, reason),
  ],
  [
    /Failed to create the VirtualBox object!/,
    () => ({
      code: 'LAB_VIRTUALBOX_FAILED',
      message: "VBoxManage does not reach VirtualBox's service VBoxSVC.",
      hint: 'Run the same command again: the service is then started anew. If it fails again, `VBoxManage list vms` must work first.',
    }),
  ],
];

/** Explains a text with `Command: [...]` and `Stderr: ...`, as VBoxManageError and VMCustomizationFailed have it. */
export function explainVBoxManage(text: string): Explanation {
  const command = firstGroup(/^Command: (\[.*\])$/m, text) ?? firstGroup(/^(\[.*\])$/m, text) ?? '';
  const words = [...command.matchAll(/"((?:[^"\\]|\\.)*)"|:(\w+)/g)].map((word) => word[1] ?? word[2] ?? '');
  const stderr = firstGroup(/^Stderr: ([^]*)$/m, text) ?? '';
  const errors = [
    ...new Set([...stderr.matchAll(/^VBoxManage(?:\.exe)?: error: (.+)$/gm)].map(([, line = '']) => line)),
  ];
  const reason = errors[0] ?? stderr.split('\n')[0] ?? '';
  const known = refusals.find(([pattern]) => pattern.test(stderr));
  return {
    ...(known?.[1]({ words, stderr, reason }) ?? {
      code: 'LAB_VIRTUALBOX_FAILED',
      message: `\`VBoxManage ${words.map(shellWord).join(' ')}\` failed${reason === '' ? '.' : `: ${reason}`}`,
    }),
    // A mistake in a command makes VBoxManage print pages of usage.
    ...(errors.length === 0 ? {} : { output: errors.map((line) => `VBoxManage: error: ${line}`).join('\n') }),
  };
}

/** The folder or file of a machine that VirtualBox does not know any more is in the way of a new one. */
export function folderTaken(text: string, reason: string): Explanation {
  const path = firstGroup(/ to '([^']+)' to save/, text) ?? firstGroup(/file '([^']+)' already exists/, text);
  return {
    code: 'LAB_NAME_TAKEN',
    message:
      path === undefined
        ? `Files of another machine of that name are in the way: ${reason}`
        : `${path} is in the way: it belongs to another machine of that name.`,
    hint:
      path === undefined
        ? 'Move away the folder that VirtualBox names.'
        : `See with \`VBoxManage list vms\` whether it is a machine still. If it is not and nothing in it is needed: \`rm -r ${shellWord(path)}\`.`,
  };
}
