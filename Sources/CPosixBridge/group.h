/* The process group that this process leads, for the files here. */
#ifndef PMAP_GROUP_H
#define PMAP_GROUP_H

#include <sys/types.h>

/* The last process of this memory that has made itself the leader of a group by pmap_tie_group_to_parent, or 0. */
extern pid_t pmap_group_leader;

#endif
