#!/bin/sh
# Shows a lender's decisions with kcat: the envelopes, or frames to be decoded.
set -eu

usage='usage: read-decisions.sh LENDER [--frames] [kcat options], such as: read-decisions.sh czb-hz'
lender=${1:?$usage}
shift

# The headers alone say what happened, to which application, when and in which order.
format='%t %p %o %k %h\n'
if [ "${1:-}" = --frames ]; then
  shift
  # After each line the value: its length in four bytes, then the bytes.
  format="$format%R%s"
fi

exec kcat -C -q -e -o beginning \
  -b "${KAFKA_BROKERS:-localhost:19092}" \
  -t "saidao.decisions.$lender.v1" \
  -f "$format" "$@"
