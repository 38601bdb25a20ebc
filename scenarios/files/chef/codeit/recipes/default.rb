# In the book: include_recipe 'docker'. The cookbook has no recipes any more, it has resources. `docker_service` alone
# would install docker-ce from download.docker.com; here it is the distribution's own package.
docker_installation_package 'default' do
  package_name 'docker.io'
  setup_docker_repo false
end

# The cookbook's unit starts /usr/bin/dockerd, Debian's package has it in /usr/sbin.
link '/usr/bin/dockerd' do
  to '/usr/sbin/dockerd'
end

docker_service 'default' do
  install_method 'none'
  action [:create, :start]
end

# In the book: docker_image 'shrikrishna/code.it', which pulls. The image is gone; this one is built from a folder.
docker_image 'code.it' do
  source '/home/core/code.it'
  action :build_if_missing
end

# In the book the name is that of the image; a container's name has no slash. `volume` still is another name of `volumes`.
docker_container 'code.it' do
  repo 'code.it'
  detach true
  port '80:8000'
  env ['PORT=8000', 'NODE_PORT=8000', 'NODE=chef']
  volumes ['/var/log/code.it:/var/log/code.it']
end
