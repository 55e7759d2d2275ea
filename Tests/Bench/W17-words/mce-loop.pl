# MCE::Loop: workers count the words of a chunk, and gather the counts.
use v5.36;
use MCE::Loop;

my %count;
MCE::Loop->init(
    max_workers => 'auto', chunk_size => '1m', use_slurpio => 1,
    gather => sub { my ($part) = @_; $count{$_} += $part->{$_} for keys %$part },
);
mce_loop_f {
    my ($mce, $chunk, $id) = @_;
    my %part;
    $part{$_}++ for split ' ', $$chunk;
    MCE->gather(\%part);
} shift;
print "$_\t$count{$_}\n" for sort keys %count;
