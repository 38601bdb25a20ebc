import { docker } from './machine-commands.ts';

/** What answers on port 22 in place of sshd. */
export type BadSshd = 'garbage' | 'silence' | 'endless banner' | 'hangs up' | 'another key';

/** The node image has perl, which dpkg needs, and no other language. */
const script = `
use IO::Socket::INET; $SIG{PIPE} = "IGNORE"; $SIG{CHLD} = "IGNORE";
my $kind = shift;
my $server = IO::Socket::INET->new(LocalPort => 22, Listen => 50, ReuseAddr => 1) or die $!;
$0 = "bad-sshd listens"; print "$0\\n"; close STDOUT;
while (my $client = $server->accept) {
  if (fork) { close $client; next }
  close $server; $0 = "bad-sshd";
  if ($kind eq "garbage") { syswrite $client, pack("C*", map { int rand 256 } 1 .. 4096); sleep 1000 }
  sleep 1000 if $kind eq "silence";
  if ($kind eq "endless banner") { 1 while syswrite $client, "x" x 65536 }
  exit;
}`;

/** Stops the machine's sshd and lets something else answer; sessions that are open stay. */
export async function breakSshd(container: string, kind: BadSshd): Promise<void> {
  await endBadSshd(container);
  await docker('exec', container, 'systemctl', 'stop', 'ssh');
  if (kind === 'another key') {
    const other =
      'rm -f /root/key*; ssh-keygen -q -t ed25519 -N "" -f /root/key; ln -sf /usr/sbin/sshd /root/other-sshd';
    await docker(
      'exec',
      container,
      'sh',
      '-c',
      `${other}; mkdir -p /run/sshd; exec /root/other-sshd -h /root/key`,
    );
    return;
  }
  // In the background; it is there when it has said so.
  const start = `perl -e '${script}' '${kind}' > /run/bad-sshd & until [ -s /run/bad-sshd ]; do sleep 0.05; done`;
  await docker('exec', container, 'timeout', '10', 'sh', '-c', `rm -f /run/bad-sshd; ${start}`);
}

/** Gives the machine its sshd back. What was accepted in its place is left alone. */
export async function mendSshd(container: string): Promise<void> {
  await endBadSshd(container);
  await docker('exec', container, 'systemctl', 'start', 'ssh');
}

/** Ends who listens on port 22, unless it is the machine's own sshd. */
function endBadSshd(container: string): Promise<string> {
  const end = 'while pkill -f "^bad-sshd listens|other-ssh[d]"; do sleep 0.05; done';
  return docker('exec', container, 'timeout', '10', 'sh', '-c', end);
}
