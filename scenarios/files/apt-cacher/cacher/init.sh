# What the book's /init.sh was to do: one command a line, and nothing between them.
set -e
user=apt-cacher-ng
log=/var/log/apt-cacher-ng/apt-cacher.log
# The volume was declared before the package was installed, so that it is empty and root's.
install -d -o "$user" -g "$user" /var/cache/apt-cacher-ng /run/apt-cacher-ng
setpriv --reuid "$user" --regid "$user" --init-groups touch "$log"
# It asks DNS about every host, even one that is given by its number. Where nobody answers it must go on soon.
echo "options retrans:500 retry:2" >> /etc/resolv.conf
# For `docker logs`.
tail --lines=0 --follow=name "$log" &
# In the foreground: a container lives as long as its first process.
exec setpriv --reuid "$user" --regid "$user" --init-groups apt-cacher-ng -c /etc/apt-cacher-ng
