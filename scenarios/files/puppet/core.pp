# Docker and one container, with Puppet's own resources only.

package { 'docker.io':
  ensure          => installed,
  install_options => ['--no-install-recommends'],
}

service { 'docker':
  ensure  => running,
  enable  => true,
  require => Package['docker.io'],
}

# docker::image
exec { 'code.it image':
  command => '/usr/bin/docker build --tag code.it /srv/code.it',
  unless  => '/usr/bin/docker image inspect code.it',
  require => Service['docker'],
}

# docker::run: a systemd unit that runs the container in the foreground.
file { '/etc/systemd/system/docker-code.it-puppet.service':
  content => @("UNIT"),
    [Unit]
    Description=code.it in a container
    Requires=docker.service
    After=docker.service

    [Service]
    # What a machine that lost its power may have left.
    ExecStartPre=-/usr/bin/docker rm --force code.it-puppet
    ExecStart=/usr/bin/docker run --rm --name code.it-puppet --publish 80:8000 --env NODE=${facts['networking']['hostname']} code.it
    ExecStop=/usr/bin/docker stop --time 1 code.it-puppet

    [Install]
    WantedBy=multi-user.target
    | UNIT
  notify  => Service['docker-code.it-puppet'],
}

service { 'docker-code.it-puppet':
  ensure  => running,
  enable  => true,
  require => Exec['code.it image'],
}
