#!/bin/sh
# Takes the place of /usr/lib/virtualbox/VBoxHeadless. Without the kernel module VirtualBox runs machines in its
# interpreter ("driverless"), and only the program with windows can do that: it is run on a display that nobody sees.
# It must replace this process: VBoxSVC accepts a machine's session from the process that it started only.
vm='' comment=''
while [ $# -gt 0 ]; do
  case $1 in
    --startvm | -startvm | -s) vm=$2 && shift 2 ;;
    --comment | -comment) comment=$2 && shift 2 ;;
    *) shift ;;
  esac
done
export QT_QPA_PLATFORM=xcb XDG_RUNTIME_DIR=/tmp
exec /usr/lib/virtualbox/VirtualBoxVM --comment "$comment" --startvm "$vm" --no-startvm-errormsgbox \
  --driverless --execute-all-in-iem
