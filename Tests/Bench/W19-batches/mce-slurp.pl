# MCE::Loop: workers slurp chunks, and gather them whole and in order.
use v5.36;
use MCE::Loop;
use MCE::Candy;

MCE::Loop->init(
    max_workers => 'auto', chunk_size => '1m', use_slurpio => 1,
    gather => MCE::Candy::out_iter_fh(\*STDOUT),
);
mce_loop_f {
    my ($mce, $chunk, $id) = @_;
    MCE->gather($id, $$chunk);
} shift;
