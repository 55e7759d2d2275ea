# MCE::Loop: workers add the numbers of a chunk, and gather the sums.
use v5.36;
use MCE::Loop;

my $sum = 0;
MCE::Loop->init(
    max_workers => 'auto', chunk_size => '1m', use_slurpio => 1, gather => sub { $sum += $_[0] },
);
mce_loop_f {
    my ($mce, $chunk, $id) = @_;
    my $part = 0;
    $part += $_ for split "\n", $$chunk;
    MCE->gather($part);
} shift;
say $sum;
