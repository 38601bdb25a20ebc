# The part of the gem x25519 that net-ssh asks for, on OpenSSL: RUBYLIB=THIS_FOLDER RUBYOPT=-rx25519 vagrant ...
#
# Debian has no package of that gem. Without it Vagrant's net-ssh offers none but key exchanges that take an
# interpreted machine several seconds, again for each connection; with it, the one that takes a fraction of a second.
require "openssl"

# Before it asks for the file, net-ssh demands the gem: `gem 'x25519'`, called on the main object, as this is defined.
def self.gem(name, *) = name == "x25519" || super

module X25519
  # A public key or a shared secret: 32 bytes.
  class MontgomeryU
    def initialize(bytes) = @bytes = bytes
    def to_bytes = @bytes
  end

  # A private key.
  class Scalar
    # What comes before the 32 bytes in a public key's DER form.
    SPKI = ["302a300506032b656e032100"].pack("H*").freeze

    def self.generate = new
    def initialize = @key = OpenSSL::PKey.generate_key("X25519")
    def public_key = MontgomeryU.new(@key.public_to_der[-32..])
    def diffie_hellman(other) = MontgomeryU.new(@key.derive(OpenSSL::PKey.read(SPKI + other.to_bytes)))
  end
end
