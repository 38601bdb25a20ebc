# Local mode: no Chef server, everything is in this folder.
local_mode true
cookbook_path '/home/core/chef/cookbooks'
# The gems that cookbooks ask for are installed already; without this bundler would ask rubygems.org.
gem_installer_bundler_options '--local'
