# MCE::Loop with slurped chunks and ordered output.
use v5.36;
use MCE::Loop;
use MCE::Candy;

sub task($line) {
    my $letters = 0;
    $letters += length $1 while $line =~ /([A-Za-z]+)/g;
    return $letters;
}

MCE::Loop->init(
    max_workers => 'auto', chunk_size => '256k', use_slurpio => 1,
    gather => MCE::Candy::out_iter_fh(\*STDOUT),
);
mce_loop_f {
    my ($mce, $chunk, $id) = @_;
    my $out = '';
    open my $lines, '<', $chunk;
    $out .= task($_) . "\n" while <$lines>;
    MCE->gather($id, $out);
} shift;
