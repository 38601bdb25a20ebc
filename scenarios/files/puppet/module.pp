# The book's manifest, for puppetlabs-docker 9.

# Installation: Debian's own package and its own unit, not those of download.docker.com.
class { 'docker':
  use_upstream_package_source => false,
  docker_ce_package_name      => 'docker.io',
  prerequired_packages        => [],
  service_overrides_template  => false,
}

# The book downloads the image; here it is built.
docker::image { 'code.it':
  docker_dir => '/srv/code.it',
}

# Run a container. With ports => '8000' as in the book Docker takes any free port of the machine.
docker::run { 'code.it-puppet':
  image => 'code.it',
  ports => ['80:8000'],
  env   => ["NODE=${facts['networking']['hostname']}"],
}
