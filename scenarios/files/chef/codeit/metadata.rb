name 'codeit'
version '1.0.0'
depends 'docker', '~> 11.10'
