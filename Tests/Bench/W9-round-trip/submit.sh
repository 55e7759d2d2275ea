pmap run submit.lua "$1"
