pmap run pool.lua "$1"
