# MCE::Loop at its fastest: workers slurp chunks, walk through their lines, and gather whole chunks in order.
use v5.36;
use MCE::Loop;
use MCE::Candy;

sub task($line) { $line }

MCE::Loop->init(
    max_workers => 'auto', chunk_size => '1m', use_slurpio => 1,
    gather => MCE::Candy::out_iter_fh(\*STDOUT),
);
mce_loop_f {
    my ($mce, $chunk, $id) = @_;
    my $out = '';
    open my $lines, '<', $chunk;
    $out .= task($_) while <$lines>;
    MCE->gather($id, $out);
} shift;
