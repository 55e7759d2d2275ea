pmap run apply.lua "$1"
