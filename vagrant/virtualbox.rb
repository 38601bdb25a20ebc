# What all machines have in common on VirtualBox; the Vagrantfiles of the projects read it.

require "json"

# In seconds. VirtualBox's NAT takes a connection before the machine listens, so that the first try always lasts as
# long as this.
CONNECT_TIMEOUT = 15
BOOT_TIMEOUT = 300

# Gives the user `core` the lab's key, and makes it where a box has no such user. Runs as root, once.
AUTHORIZE = <<~'SHELL'
  set -e
  key=$1
  if ! grep -q '^core:' /etc/passwd; then
    useradd --create-home --shell /bin/bash core
    printf 'core ALL=(ALL) NOPASSWD:ALL\n' > /etc/sudoers.d/core
    chmod 0440 /etc/sudoers.d/core
  fi
  home=$(awk -F: '$1 == "core" { print $6 }' /etc/passwd)
  mkdir -p "$home/.ssh"
  chmod 0700 "$home/.ssh"
  grep -qxF "$key" "$home/.ssh/authorized_keys" 2>/dev/null || printf '%s\n' "$key" >> "$home/.ssh/authorized_keys"
  # Flatcar puts the file together from these, and anew whenever one is added.
  if [ -d "$home/.ssh/authorized_keys.d" ]; then printf '%s\n' "$key" > "$home/.ssh/authorized_keys.d/chapterlab"; fi
  chown -R core: "$home/.ssh"
  chmod 0600 "$home/.ssh/authorized_keys"
  # A machine that is switched off in the next half minute must not have lost its way in.
  sync
SHELL

# `node` is the machine's config, `name` Vagrant's name of it, `memory` in MB.
def lab_machine(node, name, address:, memory:, cpus:)
  node.vm.provider :virtualbox do |virtualbox, override|
    override.vm.box = $box_name
    override.vm.box_version = $box_version if $box_version
    override.vm.box_check_update = false
    override.vm.boot_timeout = BOOT_TIMEOUT
    override.ssh.connect_timeout = CONNECT_TIMEOUT
    if $private_network
      override.vm.network :private_network, ip: address
    else
      override.vm.network :forwarded_port, id: "http", guest: 80, host: 8080, host_ip: "127.0.0.1", auto_correct: true
    end

    virtualbox.name = "chapterlab-#{$lab}-#{name}"
    virtualbox.memory = memory
    virtualbox.cpus = cpus
    virtualbox.linked_clone = $linked_clone
    # Flatcar has no guest additions, and nothing here needs any.
    virtualbox.check_guest_additions = false
    virtualbox.functional_vboxsf = false
    # Guests ask the host's resolver: laptops in a workshop change networks.
    virtualbox.customize ["modifyvm", :id, "--natdnshostresolver1", "on"]
    # Tells `lab` whose machine this is when Vagrant's folder is gone. In the JSON there is no line end.
    mark = JSON.generate(lab: $lab, machine: name, project: File.realpath(__dir__))
    virtualbox.customize ["modifyvm", :id, "--description", "Made by lab; `lab destroy #{$lab}` removes it.\nchapterlab #{mark}"]
    # The discovery service listens on this computer's loopback only; VirtualBox 7 asks before it lets machines there.
    virtualbox.customize ["modifyvm", :id, "--nat-localhostreachable1", "on"] if $nat_localhost_reachable

    # A box from before 2026 does nothing with a file `user-data` beside the Vagrantfile.
    if File.exist?(File.join(__dir__, "user-data")) && !$box_handles_user_data
      override.vm.provision "user-data", type: "file",
        source: File.join(__dir__, "user-data"), destination: "/tmp/vagrantfile-user-data"
      override.vm.provision "place-user-data", type: "shell",
        inline: "mkdir -p /var/lib/flatcar-vagrant && mv /tmp/vagrantfile-user-data /var/lib/flatcar-vagrant/"
    end
    override.vm.provision "authorize", type: "shell", inline: AUTHORIZE, args: [$authorized_key]
  end

  # Vagrant notes that it has provisioned a machine before it does. This says that it has done all; where it is missing,
  # Vagrant was killed, and `lab up` has it go on.
  node.trigger.after :up do |trigger|
    trigger.ruby { |_, machine| File.write(machine.data_dir.join("lab_made"), machine.id) }
  end
end
