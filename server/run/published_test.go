package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/train"
	"reta/shared/event"
)

// The table has the files that the source of torchvision names, each with a size and a hash.
func TestPublishedTable(t *testing.T) {
	if len(published) != 13 {
		t.Errorf("%d files, want 13", len(published))
	}
	for _, p := range published {
		if n := len(p.hash()); n < 8 || n > 10 || strings.Trim(p.hash(), "0123456789abcdef") != "" || p.MiB < 1 || p.Top1 < .5 || p.Top5 < p.Top1 || p.Top5 > 1 {
			t.Errorf("%+v: hash %s", p, p.hash())
		}
	}
	for network, file := range map[string]string{"": "resnet18-f37072fd.pth", "resnet50": "resnet50-0676ba61.pth", "resnet8": ""} {
		c := Config{Dataset: imageNet, Network: network}
		if p := c.published(); len(p) == 0 && file != "" || len(p) == 1 && p[0].File != file {
			t.Errorf("%s: %+v, want %s", network, p, file)
		} else if c.Brings() != (file != "") {
			t.Errorf("%s: brings %v", network, c.Brings())
		}
	}
	team := Config{Dataset: imageNet, Networks: []string{Team}}
	if list := team.published(); len(list) != 4 {
		t.Errorf("FADRM+'s four teachers: %v", list)
	}
	for what, c := range map[string]Config{
		"another set": {Dataset: "imagenette"}, "epochs": {Dataset: imageNet, Epochs: 3}, "another size": {Dataset: imageNet, Size: 64},
		"a given teacher": {Dataset: imageNet, Teachers: []string{"t"}}, "a training": {Dataset: imageNet, Training: &train.Recipe{}},
	} {
		if c.published() != nil {
			t.Errorf("%s takes published weights", what)
		}
	}
}

// Published weights are downloaded once, compared with their hash and known by it under any name; without a network the error says
// what helps.
func TestPublishedWeightsAreFetched(t *testing.T) {
	text, err := os.ReadFile("../../compute/models/testdata/resnet8-checkpoint.pth")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	file := "tiny-" + hex.EncodeToString(sum[:4]) + ".pth"
	asked := 0
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path != "/"+file {
			http.NotFound(w, r)
			return
		}
		w.Write(text)
	}))
	defer host.Close()
	defer func(from string, table []Published) { publishedFrom, published = from, table }(publishedFrom, published)
	publishedFrom = host.URL + "/"
	p := Published{Network: "resnet8", File: file, MiB: float64(len(text)) / (1 << 20), Top1: 0.6}
	published = []Published{p}

	cache := t.TempDir()
	var log string
	r := &Run{Config: Config{Dataset: imageNet, Network: "resnet8"}, Cache: cache, Emit: func(e event.Event) {
		if l, ok := e.(event.Log); ok {
			log += l.Text + "\n"
		}
	}}
	for range 2 {
		got, err := r.ownTeachers(context.Background())
		if err != nil || len(got) != 1 || filepath.Base(got[0]) != file {
			t.Fatal(got, err)
		}
	}
	if asked != 1 || !strings.Contains(log, "so torchvision's weights of resnet8 for ImageNet-1K are taken: top-1 60.00 %") {
		t.Errorf("asked %d times:\n%s", asked, log)
	}
	renamed := filepath.Join(cache, "mine.pth")
	if err := os.WriteFile(renamed, text, 0o644); err != nil {
		t.Fatal(err)
	}
	list, err := ReadTeachers(graphtest.Device(t), []string{renamed}, "resnet8")
	if err == nil { // three classes, whose names are not ImageNet's
		freeAll(list)
	}
	if err != nil || list[0].Origin.Dataset != imageNet || list[0].Origin.Top1 != 0.6 || list[0].Origin.Mean[0] != .485 || len(list[0].Origin.Classes) != 1000 {
		t.Errorf("under another name: %v", err)
	}
	if c, err := Inspect(models.Inspection{File: renamed}); err != nil || c.Origin.Dataset != imageNet || len(c.Odd) != 0 {
		t.Errorf("inspected: %+v, %v", c, err)
	}
	changed := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(changed, append(text[:len(text)-1:len(text)-1], 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTeachers(graphtest.Device(t), []string{changed}, "resnet8"); err == nil || !strings.Contains(err.Error(), "fetch it again") {
		t.Errorf("a changed file: %v", err)
	}
	publishedFrom = "http://weights.invalid/"
	r.Cache = t.TempDir()
	if _, err := r.ownTeachers(context.Background()); err == nil || !strings.Contains(err.Error(), "cannot be reached") || !strings.Contains(err.Error(), "give it with --teacher FILE, or train one with --teacher-preset fast") {
		t.Errorf("without a network: %v", err)
	}
}
