# MCE::Map: one item a worker at a time.
use v5.36;
use MCE::Map chunk_size => 1, max_workers => 'auto';

print mce_map_f { $_ } shift;
