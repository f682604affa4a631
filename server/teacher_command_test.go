package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A checkpoint of PyTorch is shown, converted with what is added to it, and used; what cannot be is refused in words.
func TestTeacherCommand(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile("../compute/models/testdata/resnet8-checkpoint.pth")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "c.pth"), text)
	for _, file := range []string{"os-system", "whole-network", "tar"} {
		bad, err := os.ReadFile("../compute/torchfile/testdata/" + file + ".pth")
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, file+".pth"), bad)
	}
	writeFile(t, filepath.Join(dir, "resnet18-f37072fd.pth"), text)
	writeFile(t, filepath.Join(dir, "ids"), []byte("cat\ndog\n\nfrog\n"))
	writeFile(t, filepath.Join(dir, "twice"), []byte("cat\ndog\ncat\n"))

	stdout, _ := must(t, dir, "teacher DIR/c.pth")
	for _, want := range []string{"PyTorch, zip", "resnet8, cifar stem, 3 classes (by its tensors)", "entry state_dict, below module., as kuangliu names them", "argparse.Namespace", "epoch      12"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("does not say %q:\n%s", want, stdout)
		}
	}
	must(t, dir, "teacher DIR/c.pth --class-ids DIR/ids --mean 0.5,0.4,0.3 --std 0.2,0.2,0.2 --size 32 --convert DIR/c.safetensors")
	stdout, _ = must(t, dir, "teacher DIR/c.safetensors --json")
	var got struct {
		Network string
		Mean    [3]float64
		Size    int
		Classes []string `json:"class_ids"`
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || got.Network != "resnet8" || got.Mean[2] != 0.3 || got.Size != 32 || strings.Join(got.Classes, " ") != "cat dog frog" {
		t.Errorf("%v: %s", err, stdout)
	}
	for command, want := range map[string]string{
		"teacher":                                                   "want one file of weights",
		"teacher DIR/none.pth":                                      "no such file or directory: want a file of weights, safetensors or PyTorch's .pth",
		"teacher DIR":                                               "is a folder: want a file of weights",
		"teacher DIR/os-system.pth":                                 `its pickle asks for "posix.system", which weights do not need`,
		"teacher DIR/whole-network.pth":                             `it is a whole network object ("__main__.Own")`,
		"teacher DIR/tar.pth":                                       "as PyTorch wrote before 0.1.10",
		"teacher DIR/resnet18-f37072fd.pth":                         "torchvision's file of this name has about 44.661 MiB and a SHA-256 that begins with f37072fd, this one has 0.168 MiB",
		"teacher DIR/c.pth --network resnet50":                      "resnet50 with a cifar stem and 3 classes",
		"teacher DIR/c.pth --network vgg":                           `unknown network "vgg": want one of`,
		"teacher DIR/c.pth --entry ema":                             `no entry "ema": want one of state_dict, module`,
		"teacher DIR/c.pth --convert DIR/d --mean 0.5,0.5,0.5":      "--mean and --std are one normalisation",
		"teacher DIR/c.pth --class-ids DIR/ids":                     "--class-ids is about what is written: want --convert",
		"teacher DIR/c.pth --convert DIR/c.safetensors":             "there is a file already, a finished teacher (resnet8 on",
		"teacher DIR/c.pth --convert DIR/c.pth --overwrite":         "there is a file already, and it is no teacher",
		"teacher DIR/c.pth --convert DIR/d --mean 1,2 --std 1,1,1":  `--mean "1,2": want three numbers from 0 to 1`,
		"teacher DIR/c.pth --convert DIR/d --dataset cifar-100":     "--dataset cifar-100 has 100 classes, the file's classifier 3",
		"teacher DIR/c.pth --convert DIR/d --dataset cifar":         `dataset "cifar"`,
		"teacher DIR/c.pth --convert DIR/d --class-ids DIR/twice":   `names "cat" in line 1 and in line 3`,
		"teacher DIR/c.pth --convert DIR/d --class-ids DIR/c.pth":   "want a text file",
		"teacher DIR/c.pth --convert DIR/d --size 4":                "--size 4: want 8 to 1024 pixels",
		"accuracy --dataset demo --per-class 2 --teacher DIR/c.pth": "the network has 3 classes, demo has 10",
	} {
		if _, _, err := carried(t, dir, command); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", command, err, want)
		}
	}
	stdout, stderr := must(t, dir, "accuracy --dataset demo --classes 3 --per-class 2 --teacher DIR/c.pth")
	if !strings.Contains(stdout, "resnet8: top-1 ") || !strings.Contains(stderr, "its tensors have the names of kuangliu") {
		t.Errorf("%s\n%s", stdout, stderr)
	}
}
