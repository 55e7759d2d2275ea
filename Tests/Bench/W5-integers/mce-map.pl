use strict;
use warnings;
use MCE::Map chunk_size => 'auto';
use Time::HiRes 'time';

open my $file, '<', $ARGV[0] or die;
my @items = (1 .. int <$file>);
my @results = mce_map { $_ } \@items;
my $start = time;
@results = mce_map { $_ } \@items;
printf STDERR "%.6f\n", time - $start;
my ($sum, $place) = (0, 0);
$sum += $_ * (++$place % 7) for @results;
print "$sum\n";
