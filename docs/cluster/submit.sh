#!/bin/sh
# Submits a run to Slurm: each phase as an array of shards, and behind it a job that merges them. DISTIL, LABEL and JUDGE are the
# flags of the phases; SHARDS is their number in each.
#
#   RUN=runs/imagenet DISTIL='--dataset imagenet-1k --data /data/imagenet --ipc 10' ./submit.sh
set -eu
: "${RETA:=reta}" "${RUN:=runs/run}" "${SHARDS:=4}" "${DISTIL:=}" "${LABEL:=}" "${JUDGE:=}"
export RETA RUN
here=$(dirname "$0")
after=
phase() {
	name=$1
	shift
	array=$(sbatch --parsable ${after:+--dependency=afterok:$after} --array=0-$((SHARDS - 1)) "$here/shards.sbatch" "$name" "$SHARDS" "$@")
	parts=
	for i in $(seq 0 $((SHARDS - 1))); do parts="$parts $RUN-$name-$i"; done
	after=$(sbatch --parsable --dependency="afterok:$array" --wrap "$RETA merge $RUN$parts")
}
phase recover $DISTIL
phase relabel $LABEL
phase evaluate $JUDGE
