# Miller, which has threads of its own.
mlr --icsv --onidx --ofs tab stats1 -a sum,mean -f price -g city \
    then put '$price_sum = fmtnum($price_sum, "%.2f"); $price_mean = fmtnum($price_mean, "%.6f")' "$1" | LC_ALL=C sort
