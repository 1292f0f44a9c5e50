#!/bin/bash
# util-linux's flock as a peer of the interop matrix: peer.sh VERB DIR ID [rounds:N|ms:N]; the verbs are those of peer.py.
set -u
verb=$1 lock=$2/$3.lock data=$2/$3.json
exec 9<>"$lock"

add_one() {
    local text=""
    [ -e "$data" ] && read -r text <"$data"
    text=${text//[^0-9]/}
    printf '{"n":%d}\n' $((${text:-0} + 1)) >"$data.$$" && mv "$data.$$" "$data"
}

case $verb in
hold)
    flock 9 && echo @held
    read -r _
    flock -u 9 && echo @freed
    ;;
try) if flock -n 9; then echo @yes; else echo @no; fi ;;
count)
    echo @ready
    read -r _
    unit=${4%:*} amount=${4#*:} finished=0
    end=$(($(date +%s%N) / 1000000 + amount))
    while { [ "$unit" = rounds ] && [ "$finished" -lt "$amount" ]; } || { [ "$unit" = ms ] && [ "$(($(date +%s%N) / 1000000))" -lt "$end" ]; }; do
        flock 9
        add_one
        flock -u 9
        finished=$((finished + 1))
    done
    echo "@done $finished"
    ;;
esac
