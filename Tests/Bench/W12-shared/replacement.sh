# pmap, one worker after the other: from one line to the next a worker leaves, and another is forked and runs an item.
seq 101 | exec pmap -j 1 --max-tasks 1 replacement.lua
