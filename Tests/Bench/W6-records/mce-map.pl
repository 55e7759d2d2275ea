use strict;
use warnings;
use MCE::Map chunk_size => 'auto';
use Time::HiRes 'time';

open my $file, '<', $ARGV[0] or die;
my @items = map { { id => $_, name => "name$_", v => [$_, $_ + 1, $_ + 2] } } 1 .. int <$file>;
my @results = mce_map { $_ } \@items;
my $start = time;
@results = mce_map { $_ } \@items;
printf STDERR "%.6f\n", time - $start;
my ($sum, $letters, $place) = (0, 0, 0);
for (@results) {
    $sum += ($_->{id} + $_->{v}[2]) * (++$place % 7);
    $letters += length $_->{name};
}
print "$sum\t$letters\n";
