package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/train"
	"reta/server/run"
)

// Teachers that a run lacks are trained side by side, by workers and by devices of one machine, to the bits of one process, and
// come to the cache of whoever asked for them.
func TestTeamSideBySide(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	line := "recover --recipe fadrm+ --dataset demo --classes 2 --per-class 4 --ipc 1 --steps 2 --stages 2 --teachers resnet8,convnet3 --epochs 1"
	if _, stderr, err := shell(t.Context(), t, run.NewGate(), strings.Fields(line+" --quiet --run-dir "+dir+"/one --cache "+dir+"/cache-one")...); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for _, name := range []string{"a", "b"} {
		h := &node{machine: &machine{}, role: worker, name: name, program: os.Args[0], words: strings.Fields(fmt.Sprintf("worker nats://%s --name %s --cache %s/cache-%s --password %s/cache-cluster/cluster/password", address, name, dir, name, dir)), said: new(speech)}
		writeFile(t, dir+"/cache-cluster/cluster/password", []byte("of all workers\n"))
		h.start(t)
		defer func() { _ = h.cmd.Process.Kill() }()
	}
	for name, flags := range map[string]string{"cluster": "--cluster-listen " + address, "devices": "--device 0,0"} {
		path, cache := filepath.Join(dir, name), filepath.Join(dir, "cache-"+name)
		_, said, code := program(t, "", strings.Fields(line+" "+flags+" --run-dir "+path+" --cache "+cache)...)
		if code != 0 {
			t.Fatalf("%s: exit code %d:\n%s", name, code, said)
		}
		for _, want := range []string{"squeeze: 2 parts, 0 of them made before", "squeeze resnet8: made by ", "squeeze convnet3: made by ", "recover: 1 part, "} {
			if !strings.Contains(said, want) {
				t.Errorf("%s does not say %q:\n%s", name, want, said)
			}
		}
		sameFiles(t, cache, dir+"/cache-one", "teachers")
		sameFiles(t, path, dir+"/one", "export/train", "images.bin")
		if _, err := os.Stat(filepath.Join(path, "parts")); err == nil {
			t.Errorf("%s: parts were left", name)
		}
	}
}

// A teacher that is another than was asked for is refused.
func TestSqueezedTeacherIsChecked(t *testing.T) {
	dir := t.TempDir()
	writeTeacher(t, filepath.Join(dir, "of-others.safetensors"), nil)
	for want, lacking := range map[string]run.Lacking{
		"want demo-resnet8-0.safetensors: are the real images others there?": {Network: "resnet8", File: "demo-resnet8-0.safetensors"},
		"want resnet8, training fast ":                                       {Network: "resnet8", File: "of-others.safetensors"},
	} {
		training, err := train.New(train.Fast, 8, 32, 1)
		if err != nil {
			t.Fatal(err)
		}
		config := run.Config{Dataset: "demo", Network: "resnet8", Training: &training}
		if err := run.CheckSqueezed(dir, config, lacking, 32); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", lacking, err, want)
		}
	}
}
