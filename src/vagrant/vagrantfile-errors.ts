import { firstGroup } from './explanation.ts';
import type { Complaint, ErrorClass, Explanation } from './explanation.ts';

/** Errors that say: Vagrant cannot read the project, or will not work with it. */
export const vagrantfileErrors: readonly ErrorClass[] = [
  {
    names: ['VagrantfileSyntaxError'],
    opening: /^There is a syntax error in the following Vagrantfile/,
    explain: ({ text }) => atLine(/^(\/.+?):(\d+): (.+)$/m, text),
  },
  {
    names: ['VagrantfileLoadError', 'VagrantfileNameError'],
    opening: /^There was an error loading a Vagrantfile/,
    explain: ({ text }) => atLine(/^Path: (.+)\nLine number: (.+)\nMessage: (.+)$/m, text),
  },
  {
    // A Ruby exception that Vagrant does not catch. Of other files of Ruby's it would say nothing about the project.
    names: [],
    opening: /^\S*\/(Vagrantfile|config\.rb):\d+:in /,
    explain: ({ text }) => atLine(/^(\/.+?):(\d+):in .*?: (.+)$/m, text),
  },
  {
    names: ['ConfigInvalid'],
    opening: /^There are errors in the configuration of this machine/,
    explain: refusedSettings,
  },
  {
    names: ['MachineNotFound', 'VMNoMatchError'],
    opening: /^The machine with the name '/,
    explain: ({ text }) => {
      const name = firstGroup(/name '([^']+)'/, text);
      return failed(`The Vagrantfile defines no machine ${name ?? 'of that name'}.`);
    },
  },
  {
    names: ['NoEnvironmentError'],
    opening: /^A Vagrant environment or target machine is required/,
    explain: () => failed('There is no Vagrantfile in the project folder of the lab.'),
  },
  {
    names: ['VagrantVersionBad'],
    opening: /^This Vagrant environment has specified that it requires the Vagrant version/,
    explain: ({ text }) => ({
      code: 'LAB_VAGRANT_VERSION',
      message: `The Vagrantfile needs Vagrant ${firstGroup(/requirements:\s+(.+)/, text) ?? 'of another version'}; this is ${firstGroup(/You are running Vagrant ([\d.]+\w*)/, text) ?? 'another'}.`,
    }),
  },
  {
    names: ['LocalDataDirectoryNotAccessible'],
    opening: /^The directory Vagrant will use to store local environment-specific state is not accessible/,
    explain: ({ text }) => ({
      code: 'LAB_STATE_UNWRITABLE',
      message: `Vagrant cannot write to ${firstGroup(/directory: (.+)/, text) ?? 'the .vagrant folder of the lab'}.`,
    }),
  },
  {
    names: ['PluginLoadError', 'PluginInitError'],
    opening: /^The plugins failed to (load properly|initialize correctly)/,
    explain: ({ text }) => ({
      code: 'LAB_VAGRANT_PLUGIN',
      message: `Vagrant cannot load its plugins: ${text.trim().split('\n').at(-1) ?? ''}`,
      hint: '`vagrant plugin repair`; if that does not help, `vagrant plugin expunge --reinstall`.',
    }),
  },
];

/** Words that Vagrant prints while it reads the project, in a form that no entry knows (e.g. our Vagrantfile's own). */
export function explainUnread({ text }: Complaint): Explanation {
  return /\b(Vagrantfile|config\.rb)\b/.test(text)
    ? failed('Vagrant could not read the Vagrantfile or config.rb.')
    : {
        code: 'LAB_VAGRANT_FAILED',
        message: 'Vagrant could not start.',
        hint: '`vagrant --version` must work first. Reinstalling Vagrant helps where files of it are missing.',
      };
}

function failed(message: string): Explanation {
  return {
    code: 'LAB_VAGRANTFILE_FAILED',
    message,
    hint: 'Run `lab up` again: it renders Vagrantfile and config.rb anew.',
  };
}

function atLine(place: RegExp, text: string): Explanation {
  const [, file, line, reason] = place.exec(text) ?? [];
  return failed(
    file === undefined || line === undefined || reason === undefined
      ? 'Vagrant could not read the Vagrantfile or config.rb.'
      : `Vagrant could not read ${file}, line ${line}: ${reason}`,
  );
}

/** Vagrant lists each section's mistakes under its name: `vm:`, then `* The following settings shouldn't exist: x`. */
function refusedSettings({ text }: Complaint): Explanation {
  let section = '';
  const mistakes: string[] = [];
  for (const line of text.split('\n')) {
    const [, title] = /^(\S.*):$/.exec(line) ?? [];
    const [, mistake] = /^\* (.+)$/.exec(line) ?? [];
    if (title !== undefined) section = `${title}: `;
    if (mistake !== undefined) mistakes.push(`${section}${mistake}`);
  }
  const list = mistakes.length === 0 ? 'it does not say why' : mistakes.join('; ');
  return failed(`Vagrant does not accept the Vagrantfile: ${list}.`);
}
