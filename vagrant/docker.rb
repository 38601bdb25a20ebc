# What all machines have in common on Docker; the Vagrantfiles of the projects read it.

# In seconds. A node answers after one or two; a loaded laptop needs more.
BOOT_TIMEOUT = 120
CONNECT_TIMEOUT = 15
# Vagrant's default of one second kills a node before its etcd and its containers have stopped.
# `lab destroy` sets 0: what is about to be removed need not be stopped with care.
STOP_TIMEOUT = Integer(ENV.fetch("LAB_STOP_TIMEOUT", "20"))

# Vagrant's Docker provider waits for ssh whether the container still runs or not (2.3.4: plugins/providers/docker/action.rb
# names no state to wait in), so that a node that died would be waited for until BOOT_TIMEOUT is over. Where a state is
# named, as for VirtualBox, Vagrant looks every second. This file can be loaded more than once.
unless defined?(NodeMustRun)
  module NodeMustRun
    def initialize(app, env, states = [:running])
      super
    end
  end
  Vagrant::Action::Builtin::WaitForCommunicator.prepend(NodeMustRun)
end

# `node` is the machine's config, `name` Vagrant's name of it, `memory` in MB.
def lab_machine(node, name, address:, memory:, cpus:)
  node.vm.provider :docker do |docker, override|
    override.vm.boot_timeout = BOOT_TIMEOUT
    # What the image is. Vagrant would find out by asking for one system after the other, some twenty questions by ssh.
    override.vm.guest = :debian
    override.ssh.connect_timeout = CONNECT_TIMEOUT
    # The lab has a key of its own, and it is on the node before sshd starts.
    override.ssh.insert_key = false
    override.ssh.username = $ssh_username
    override.ssh.private_key_path = $private_key_path
    docker.image = $docker_image
    docker.name = "#{$lab}-#{name}"
    docker.has_ssh = true
    docker.remains_running = true
    docker.stop_timeout = STOP_TIMEOUT
    # The labels tell `lab` what a killed run has left: see docs/reference/node-image.md.
    # The engine chooses the ports. Vagrant's own forwarding starts at 2222 for every machine and
    # settles the collisions one machine after the other; and without a published ssh port Vagrant
    # 2.4.9 and earlier find no address in what Docker 29 tells them.
    ports = $forward_ports ? [22, 80] : [22]
    docker.create_args = $docker_create_args +
      ["--memory", "#{memory}m", "--cpus", cpus.to_s] +
      ["--label", "chapterlab.lab=#{$lab}", "--label", "chapterlab.machine=#{name}"] +
      ["--label", "chapterlab.project=#{__dir__}", "--label", "chapterlab.network=#{$network_name}"] +
      ports.flat_map { |port| ["--publish", "127.0.0.1::#{port}"] }
    override.vm.network :forwarded_port, id: "ssh", guest: 22, host: 2222, disabled: true
    override.vm.network :private_network, ip: address, name: $network_name
  end
end
