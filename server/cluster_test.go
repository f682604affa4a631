package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reta/server/run"
)

// fakeSlurm is an sbatch that carries a job out at once, an array's tasks from the last to the first, with the variables that
// Slurm sets, and prints a number for the job as --parsable does.
const fakeSlurm = `#!/bin/sh
set -eu
last=none wrap=
while :; do
	case ${1:-} in
	--array=0-*) last=${1#--array=0-} ;;
	--wrap) wrap=$2; shift ;;
	--*) ;;
	*) break ;;
	esac
	shift
done
if [ -n "$wrap" ]; then sh -c "$wrap" >&2; echo 2; exit; fi
while [ "$last" -ge 0 ]; do
	SLURM_ARRAY_TASK_ID=$last sh "$@" >&2
	last=$((last - 1))
done
echo 1
`

// clusterRun is small: four classes in groups of one.
const clusterRun = "--recipe fadrm --dataset demo --classes 4 --per-class 4 --ipc 2 --steps 4 --stages 2 --batch 1 --set group=1"

// script carries a shell script out whose reta is this program.
func script(t *testing.T, dir string, env []string, words ...string) string {
	t.Helper()
	bin := filepath.Join(dir, "bin")
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(bin, "reta"), []byte("#!/bin/sh\nRETA_TEST_SERVER=1 exec "+program+` "$@" --quiet`+"\n"))
	writeFile(t, filepath.Join(bin, "sbatch"), []byte(fakeSlurm))
	for _, name := range []string{"reta", "sbatch"} {
		if err := os.Chmod(filepath.Join(bin, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Env = append(append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "XDG_CACHE_HOME="+filepath.Join(dir, "cache")), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", words, err, out)
	}
	return string(out)
}

// The scripts of docs/cluster, with the variables that Slurm and Kubernetes set, come to the bundle that one process makes.
func TestClusterScripts(t *testing.T) {
	dir := t.TempDir()
	whole, slurm, pods := filepath.Join(dir, "whole"), filepath.Join(dir, "slurm"), filepath.Join(dir, "pods")
	cache := filepath.Join(dir, "cache", "reta")
	do := func(line string) {
		t.Helper()
		if _, stderr, err := shell(t.Context(), t, run.NewGate(), append(strings.Fields(line), "--quiet")...); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, stderr)
		}
	}
	do("recover " + clusterRun + " --run-dir " + whole + " --cache " + cache)
	do("relabel " + whole + " --epochs 4 --cache " + cache)
	said := script(t, dir, []string{"RUN=" + slurm, "SHARDS=2", "DISTIL=" + clusterRun, "LABEL=--epochs 4", "JUDGE=--student resnet8 --seeds 2 --epochs 4 --controls none"},
		"../docs/cluster/submit.sh")
	evaluated := readEvaluation(t, filepath.Join(slurm, "evaluation.json"))
	if len(evaluated.Trials) != 2 || evaluated.Shard != "" {
		t.Errorf("%d trainings:\n%s", len(evaluated.Trials), said)
	}
	sameFiles(t, slurm, whole, "export/train", "export/labels", "labels")

	manifest, err := os.ReadFile("../docs/cluster/recover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, command, found := strings.Cut(string(manifest), "args:\n            - ")
	command, _, _ = strings.Cut(command, "\n")
	if !found {
		t.Fatal("the job has no command")
	}
	var parts []string
	for _, index := range []string{"1", "0"} {
		script(t, dir, []string{"RUN=" + pods, "SHARDS=2", "DISTIL=" + clusterRun, "JOB_COMPLETION_INDEX=" + index}, "sh", "-c", command)
		parts = append(parts, pods+"-recover-"+index)
	}
	do("merge " + pods + " " + strings.Join(parts, " "))
	do("relabel " + pods + " --epochs 4 --cache " + cache)
	sameFiles(t, pods, whole, "export", "labels")
}

// sameFiles compares folders of two runs, file by file.
func sameFiles(t *testing.T, a, b string, folders ...string) {
	t.Helper()
	for _, folder := range folders {
		out, err := exec.Command("diff", "-rq", filepath.Join(a, folder), filepath.Join(b, folder)).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", folder, err, out)
		}
	}
}
