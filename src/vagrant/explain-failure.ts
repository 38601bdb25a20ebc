import { boxErrors } from './box-errors.ts';
import { firstGroup } from './explanation.ts';
import type { Complaint, ErrorClass, Explanation } from './explanation.ts';
import { machineErrors } from './machine-errors.ts';
import { networkErrors } from './network-errors.ts';
import { vagrantfileErrors } from './vagrantfile-errors.ts';
import { virtualBoxErrors } from './virtualbox-errors.ts';

/** Of Vagrant's own files as a Ruby exception that nobody caught; of the engine's inside of what Docker said. */
const diskFull: ErrorClass = {
  names: [],
  opening: /no space left on device/i,
  explain: ({ text }) => {
    const file = firstGroup(
      /No space left on device(?: @ \w+)? - (\/[^\n]*?)(?: \(Errno::ENOSPC\))?$/m,
      text,
    );
    return {
      code: 'LAB_DISK_LOW',
      message:
        file === undefined
          ? 'A disk is full: see the last lines.'
          : `The disk is full: Vagrant could not write ${file}.`,
      hint: 'Free some space there and run the same command again. Vagrant writes to VAGRANT_HOME (~/.vagrant.d), TMPDIR (/tmp) and LAB_HOME, Docker to its own folder (/var/lib/docker).',
    };
  },
};

const errorClasses = [
  diskFull,
  ...vagrantfileErrors,
  ...virtualBoxErrors,
  ...machineErrors,
  ...networkErrors,
  ...boxErrors,
];

/**
 * A failure of Vagrant in our words: by its Ruby class where that says something, else by how its text begins.
 * Undefined for what we have no words for; Vagrant's own must do then.
 */
export function explainFailure(complaint: Complaint): Explanation | undefined {
  const text = withoutWrapping(complaint.text);
  const folded = text.replace(/\s+/g, ' ').trim();
  const found =
    errorClasses.find(({ names }) => names.includes(complaint.rubyClass ?? '')) ??
    errorClasses.find(({ opening }) => opening?.test(folded) === true);
  return found?.explain({ ...complaint, text });
}

/** What bin/vagrant and ProviderNotUsable put before the text of the error that they report. */
function withoutWrapping(text: string): string {
  return text
    .trim()
    .replace(/^Vagrant failed to initialize at a very early stage:\s+/, '')
    .replace(
      /^The provider '[^']+' that was requested to back the machine\s[^]*?reason is shown below:\s+/,
      '',
    );
}
