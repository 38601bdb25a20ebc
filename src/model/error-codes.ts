/** What a person needs to know about one error code: docs/troubleshooting.md is generated from this. */
export interface ErrorCodeEntry {
  /** One line: what it means. */
  meaning: string;
  /** Usual causes. */
  cause: string;
  /** What to do. */
  fix: string;
}

/** Every stable error code of `lab`. A code is never reused for another meaning. */
export const errorCodes = {
  // usage, exit 2
  LAB_USAGE: {
    meaning: 'The command line could not be understood.',
    cause: 'An unknown command, option or argument.',
    fix: 'Run `lab help` or `lab COMMAND --help`.',
  },
  LAB_SCENARIO_UNKNOWN: {
    meaning: 'There is no scenario of that name.',
    cause: 'A spelling mistake, or a file that is not where it was said to be.',
    fix: 'Run `lab list`.',
  },
  LAB_PARAMETER_INVALID: {
    meaning: 'A parameter is unknown, or its value is outside its bounds.',
    cause: 'For example `--nodes 0`, `--nodes x` or `--set colour=red`.',
    fix: 'Run `lab list SCENARIO` to see the parameters and their bounds.',
  },
  LAB_STEP_UNKNOWN: {
    meaning: 'There is no step of that id.',
    cause: 'A spelling mistake in --from, --until or --only, or a step of another edition.',
    fix: 'Run `lab list SCENARIO` to see the steps.',
  },
  LAB_MACHINE_UNKNOWN: {
    meaning: 'The lab has no machine of that name.',
    cause: 'A spelling mistake, or the lab was made with fewer nodes.',
    fix: 'Run `lab status`.',
  },
  LAB_NOT_UP: {
    meaning: 'The lab has not been brought up.',
    cause: 'The command needs running machines.',
    fix: 'Run `lab up SCENARIO`.',
  },
  LAB_EXISTS: {
    meaning: 'There is a lab of that name already.',
    cause: 'It was brought up before, or a proof was cut off before it could remove its lab.',
    fix: 'Run `lab destroy NAME` if nobody needs it.',
  },
  LAB_SCENARIO_UNTRUSTED: {
    meaning: 'A scenario file runs commands on this computer, and nobody has agreed to that.',
    cause: 'The file did not come with lab; or its commands were changed after the lab was brought up.',
    fix: 'Read the commands that are shown. `lab up FILE` asks; `--trust` says yes beforehand. `--yes` does not.',
  },
  LAB_FOLDER_TAKEN: {
    meaning: 'The folder for a new scenario holds something already.',
    cause: '`lab new` was run before with that name, or there is a folder of that name for something else.',
    fix: 'Choose another name, or another place with --dir. Nothing was written.',
  },
  LAB_CONFIRMATION_NEEDED: {
    meaning: 'The command asks for consent and there is no terminal to ask on.',
    cause: 'Standard input is no terminal.',
    fix: 'Add --yes.',
  },
  LAB_CHECKPOINT_UNKNOWN: {
    meaning: 'The lab has no checkpoint of that name.',
    cause: 'A spelling mistake, or not all machines of the lab have it.',
    fix: 'Run `lab checkpoint list`.',
  },
  LAB_CHECKPOINT_EXISTS: {
    meaning: 'The lab has a checkpoint of that name already.',
    cause: 'It was saved before.',
    fix: 'Choose another name, or add --force to replace it.',
  },
  LAB_RECORDING_OTHER: {
    meaning: 'The recording was made with another provider, edition or other parameters.',
    cause: 'For example a lab of five nodes, and a recording of three: they print different things.',
    fix: 'Bring the lab up as the recording says, or replace the recording: `lab record --accept`.',
  },
  // files that a person wrote, exit 3
  LAB_SCENARIO_INVALID: {
    meaning: 'The scenario file has mistakes.',
    cause: 'Broken YAML, an unknown key, a wrong type, a reference to nothing.',
    fix: 'Correct the places shown; `lab validate FILE` shows all of them at once.',
  },
  LAB_TEMPLATE_INVALID: {
    meaning: 'A template could not be rendered.',
    cause: 'A syntax mistake, or a value that the template asks for and the scenario does not give.',
    fix: 'Correct the place shown.',
  },
  LAB_CLOUD_CONFIG_INVALID: {
    meaning: 'The user-data is not a valid cloud-config.',
    cause:
      'An unknown or hyphenated key, or a value of the wrong type: coreos-cloudinit would ignore it silently.',
    fix: 'Correct the places shown; keys are written with underscores.',
  },
  // the machine we run on, exit 4
  LAB_PREFLIGHT: {
    meaning: 'This machine is not ready for the lab.',
    cause: 'One or more of the findings that are listed with it.',
    fix: 'Follow the fix of each finding; `lab doctor` shows them again.',
  },
  LAB_PROVIDER_UNSUPPORTED: {
    meaning: 'The lab does not know this provider.',
    cause: 'A provider was named that this release cannot drive.',
    fix: 'Use --provider virtualbox or --provider docker.',
  },
  LAB_VAGRANT_MISSING: {
    meaning: 'Vagrant is not installed.',
    cause: 'There is no `vagrant` on PATH.',
    fix: '`sudo apt-get install vagrant`, or https://developer.hashicorp.com/vagrant/install.',
  },
  LAB_VAGRANT_VERSION: {
    meaning: 'This Vagrant cannot be used.',
    cause: 'Vagrant is older than 2.3.4, or does not say its version.',
    fix: 'Install Vagrant 2.3.4 or later.',
  },
  LAB_DOCKER_MISSING: {
    meaning: 'The docker command is not installed.',
    cause: 'There is no `docker` on PATH.',
    fix: '`sudo apt-get install docker.io`, or https://docs.docker.com/engine/install/.',
  },
  LAB_DOCKER_UNREACHABLE: {
    meaning: 'The Docker engine does not answer.',
    cause: 'It is not running, or this user may not use its socket.',
    fix: 'Start it (`sudo systemctl start docker`), or add yourself to the group docker and log in again.',
  },
  LAB_TOOL_MISSING: {
    meaning: 'A command that the lab needs is not installed.',
    cause: 'Usually the OpenSSH client.',
    fix: '`sudo apt-get install openssh-client`.',
  },
  LAB_ADDRESS_TAKEN: {
    meaning: 'The address range asked for, or the name of the network, is in use on this machine.',
    cause: 'A network interface, a route, a Docker network or another lab has it.',
    fix: "Leave --subnet out and run the same command again: the lab takes the first free range. Or choose one with --subnet. Of a network with the name of the lab's, made by somebody else, the message says how to remove it.",
  },
  LAB_MEMORY_LOW: {
    meaning: 'There is not enough free memory for that many nodes.',
    cause: 'Other programs, or too many nodes.',
    fix: 'Close programs or use fewer --nodes; the message says how many fit.',
  },
  LAB_DISK_LOW: {
    meaning: 'There is not enough free disk space.',
    cause: 'The images and machines of the lab need room.',
    fix: 'Free some space; the message says where and how much.',
  },
  LAB_PORT_TAKEN: {
    meaning: 'A port that the lab needs is in use.',
    cause: 'Another program listens on it.',
    fix: 'Stop that program, or choose another port.',
  },
  LAB_STATE_LOCKED: {
    meaning: 'Another `lab` command is at work on this lab.',
    cause: 'Two commands at once.',
    fix: 'Wait for it to end; the message names its process. `lab status` works meanwhile.',
  },
  LAB_STATE_INVALID: {
    meaning: 'The state of the lab cannot be read.',
    cause: 'It was damaged, or written by a newer `lab`.',
    fix: 'Use that version of `lab`, or `lab destroy --force` to remove the lab.',
  },
  LAB_STATE_UNWRITABLE: {
    meaning: 'The state of the lab cannot be written.',
    cause: 'The disk is full or the folder is not writable.',
    fix: 'Free space and run the same command again; nothing that was there is lost. `lab destroy LAB` needs no space.',
  },
  LAB_REPORT_UNWRITABLE: {
    meaning: 'A report file cannot be written.',
    cause: 'The disk is full or the folder is not writable.',
    fix: 'Name another file with --reporter junit=FILE. The run itself went as it says.',
  },
  LAB_DISCOVERY_UNREACHABLE: {
    meaning: 'The discovery service does not answer.',
    cause: 'A wrong --discovery-url, a stopped service, or a network without a way to it.',
    fix: 'Leave --discovery-url out to use the built-in service, or correct it.',
  },
  LAB_ADDRESS_MISSING: {
    meaning: 'An address to listen on is not one of this machine.',
    cause: 'A mistyped --bind, or a network that is gone.',
    fix: 'Use an address that `ip address` shows.',
  },
  LAB_DISCOVERY_ANSWER: {
    meaning: 'The discovery service answered with something else than a token.',
    cause: 'The URL is not that of an etcd discovery service, or the service is broken.',
    fix: 'Leave --discovery-url out to use the built-in service.',
  },
  LAB_HOSTS_DAMAGED: {
    meaning: "The lab's block in the hosts file is damaged.",
    cause: 'One of its marker lines was edited or removed.',
    fix: 'Restore or remove the block by hand; the message shows where it is. The file was not changed.',
  },
  LAB_HOSTS_UNWRITABLE: {
    meaning: 'The hosts file cannot be written.',
    cause: 'It is read-only or immutable, or sudo was refused.',
    fix: 'Run with --no-hosts, or name another file with --hosts-file.',
  },
  LAB_SSH_CONFIG_DAMAGED: {
    meaning: "The lab's block in the ssh config is damaged.",
    cause: 'One of its marker lines was edited or removed.',
    fix: 'Restore or remove the block by hand. The file was not changed.',
  },
  LAB_SSH_CONFIG_UNWRITABLE: {
    meaning: 'The ssh config cannot be written.',
    cause: 'It is read-only, or the folder is.',
    fix: 'Run with --no-ssh-config.',
  },
  LAB_AGENT_FAILED: {
    meaning: 'The ssh agent did not take the key.',
    cause: 'The agent is locked, or is none that OpenSSH understands.',
    fix: 'Unset SSH_AUTH_SOCK and run again: the lab then starts an agent of its own.',
  },
  LAB_ARTIFACT_UNAVAILABLE: {
    meaning: 'A file that the lab needs could not be fetched.',
    cause: 'No internet, and no mirror has it.',
    fix: 'Put the file into a folder and set LAB_MIRROR to it; the message names the file.',
  },
  LAB_ARTIFACT_CHECKSUM: {
    meaning: 'A fetched file is not the one that was expected.',
    cause: 'A broken download or a changed file.',
    fix: "The file was set aside; compare it with the publisher's and remove the entry from the lock file if the change is wanted.",
  },
  LAB_IMAGE_BASE: {
    meaning: 'The node image cannot be built for want of a base.',
    cause: 'Docker Hub is out of reach and mmdebstrap is not installed, or has no package mirror.',
    fix: '`sudo apt-get install mmdebstrap`, then `lab prefetch`.',
  },
  LAB_VIRTUALBOX_MISSING: {
    meaning: 'VirtualBox is not installed.',
    cause: 'There is no `VBoxManage` on PATH, or Vagrant does not find it.',
    fix: 'https://www.virtualbox.org/wiki/Downloads; or use --provider docker.',
  },
  LAB_VIRTUALBOX_UNREACHABLE: {
    meaning: 'VirtualBox does not say which machines there are.',
    cause: 'Its service (VBoxSVC) does not start or does not answer.',
    fix: '`VBoxManage list vms` shows its own words. Ending a VBoxSVC that hangs, when no machine runs, helps.',
  },
  LAB_VIRTUALBOX_VERSION: {
    meaning: 'This Vagrant cannot drive this VirtualBox.',
    cause:
      'VirtualBox is newer than what this Vagrant knows. 2.3.4 knows up to 7.0, 2.4.2 up to 7.1, 2.4.9 up to 7.2.',
    fix: 'Install the newest Vagrant: https://developer.hashicorp.com/vagrant/install.',
  },
  LAB_VIRTUALBOX_DRIVER: {
    meaning: "VirtualBox's kernel module is not loaded.",
    cause: 'It was not built for the running kernel, or Secure Boot refuses an unsigned module.',
    fix: 'Linux: `sudo /sbin/vboxconfig`, on Debian and Ubuntu `sudo apt-get install virtualbox-dkms`; then `sudo modprobe vboxdrv`.',
  },
  LAB_HYPERVISOR_BUSY: {
    meaning: "Another hypervisor holds the processor's virtualization.",
    cause: 'KVM machines are running, or Windows runs Hyper-V (WSL 2, Docker Desktop, memory integrity).',
    fix: 'Linux: stop the other machines, then `sudo modprobe -r kvm_intel kvm_amd`. Windows: `bcdedit /set hypervisorlaunchtype off` and restart.',
  },
  LAB_ARCHITECTURE: {
    meaning: 'The boxes of this lab do not run on this processor.',
    cause:
      'They are made for x86-64, and VirtualBox on Apple Silicon and other ARM computers runs ARM machines only.',
    fix: 'Use --provider virtualbox or --provider docker.',
  },
  LAB_RANGE_REFUSED: {
    meaning: 'VirtualBox does not allow this address range for host-only networks.',
    cause: 'Since 6.1.28 only 192.168.56.0/21 is allowed unless /etc/vbox/networks.conf says otherwise.',
    fix: 'Leave --subnet out to get an allowed range, or let `lab doctor --fix` add the line to /etc/vbox/networks.conf.',
  },
  LAB_NETWORK_FAILED: {
    meaning: 'The host-only network of the lab could not be made.',
    cause: "VirtualBox's network modules are not loaded, or the system refuses its network extension.",
    fix: 'Linux: `sudo modprobe -a vboxnetadp vboxnetflt`. macOS: allow Oracle in System Settings, Privacy & Security.',
  },
  LAB_BOX_MISSING: {
    meaning: 'The Vagrant box of a machine cannot be had.',
    cause: 'No internet, a wrong name or URL, or a box without a version for VirtualBox and this processor.',
    fix: '`lab prefetch SCENARIO --to DIR` where there is internet; then LAB_MIRROR=DIR here.',
  },
  LAB_NAME_TAKEN: {
    meaning: 'VirtualBox has a machine of that name already.',
    cause: 'A machine of an earlier lab whose state is gone, or one of your own.',
    fix: 'The message names it. `VBoxManage unregistervm NAME --delete` removes it with its disk.',
  },
  LAB_MACHINE_LOCKED: {
    meaning: 'Another Vagrant is at work on that machine.',
    cause: 'A `vagrant` command in another terminal.',
    fix: 'Wait for it to end, then run the same command again.',
  },
  LAB_VAGRANT_PLUGIN: {
    meaning: 'A Vagrant plugin is in the way.',
    cause:
      'For example vagrant-vbguest, which tries to build guest additions on machines that cannot have any.',
    fix: '`vagrant plugin uninstall NAME`; the message names it.',
  },
  LAB_LEFTOVERS: {
    meaning: 'Something of an earlier lab is left.',
    cause: 'A run was killed and its state removed, or machines were copied or renamed by hand.',
    fix: '`lab leftovers` shows what is left, `lab leftovers --clean` removes it after asking.',
  },
  LAB_OFFLINE_INCOMPLETE: {
    meaning: 'The lab cannot be brought up without internet.',
    cause: 'Something was not fetched beforehand.',
    fix: '`lab prefetch SCENARIO` where there is internet.',
  },
  LAB_CHECKPOINT_UNSUPPORTED: {
    meaning: 'The provider of this lab has no checkpoints.',
    cause: "Containers of Vagrant's docker provider cannot be saved with what runs in them.",
    fix: 'Use --provider virtualbox for checkpoints. With docker `lab destroy` and `lab up` take about half a minute.',
  },
  // commands that failed, exit 5
  LAB_VAGRANT_FAILED: {
    meaning: 'Vagrant could not do what it was asked.',
    cause: 'See its last lines, which are shown.',
    fix: 'Run the same `lab` command again to go on; the full log is named in the message.',
  },
  LAB_VAGRANTFILE_FAILED: {
    meaning: 'Vagrant could not read the Vagrantfile.',
    cause: 'config.rb or the Vagrantfile was edited by hand.',
    fix: 'Run `lab up` again: it renders both anew.',
  },
  LAB_VIRTUALBOX_FAILED: {
    meaning: 'A VBoxManage command failed.',
    cause: 'See its last lines, which are shown.',
    fix: 'Correct the cause and run the same command again.',
  },
  LAB_BOOT_TIMEOUT: {
    meaning: 'A machine was started and did not answer over ssh in time.',
    cause:
      'A slow or overloaded computer, a box that does not boot here, or virtualization that is switched off in the firmware.',
    fix: 'Run the same command again. `VBoxManage controlvm NAME screenshotpng FILE` shows its screen; with Docker, `docker ps --all` shows what became of it.',
  },
  LAB_CHECKPOINT_INCOMPLETE: {
    meaning: 'A checkpoint was restored on some machines only, or not at all.',
    cause:
      'The run was stopped, or VirtualBox failed on one machine. All machines are stopped: half of a cluster must not run.',
    fix: '`lab checkpoint restore NAME` again, or `lab destroy`.',
  },
  LAB_IMAGE_BUILD: {
    meaning: 'The node image could not be built.',
    cause: "See docker's last lines, which are shown.",
    fix: 'Correct the cause and run the same command again.',
  },
  LAB_DOCKER_FAILED: {
    meaning: 'A docker command failed.',
    cause: 'See its last lines, which are shown.',
    fix: 'Correct the cause and run the same command again.',
  },
  LAB_PORT_UNPUBLISHED: {
    meaning: 'A port of a machine cannot be reached from this computer.',
    cause: 'The machine does not run, or the port is none of those that are forwarded (22 and 80).',
    fix: 'Run `lab status`; `lab up SCENARIO` starts what is stopped.',
  },
  LAB_SSH_FAILED: {
    meaning: 'A machine cannot be reached over ssh.',
    cause:
      'It was stopped or removed, its sshd is broken, something else answers on its port, or the connection broke off.',
    fix: 'Run the same command again; `lab status` shows the machines.',
  },
  LAB_HOST_KEY_CHANGED: {
    meaning: "A machine's ssh host key is not the one that was pinned.",
    cause: 'The machine was made again by hand, or something else answers at its address.',
    fix: 'If you made it again yourself: `lab destroy` and `lab up`.',
  },
  LAB_CLOUD_CONFIG_FAILED: {
    meaning: 'A machine could not apply its user-data.',
    cause: "See the machine's last lines, which are shown.",
    fix: 'Run the same command again; `lab ssh MACHINE` lets you look.',
  },
  LAB_COMMAND_TIMEOUT: {
    meaning: 'A command did not end in time.',
    cause: 'A slow or overloaded machine, or a command that waits for ever.',
    fix: 'Run the same command again.',
  },
  LAB_COMMAND_FAILED: {
    meaning: 'A command on this machine failed.',
    cause: 'See its last lines, which are shown.',
    fix: 'Correct the cause and run the same command again.',
  },
  // others
  LAB_INTERRUPTED: {
    meaning: 'The run was stopped.',
    cause: 'Ctrl-C, or a signal.',
    fix: 'Run the command line that is shown to go on, or `lab destroy LAB` to remove what was made.',
  },
  LAB_BUG: {
    meaning: 'Something went wrong inside `lab`.',
    cause: 'A mistake of ours.',
    fix: 'Please report it with the text shown.',
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;
