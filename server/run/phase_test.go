package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/vk"
	"reta/shared/recipe"
)

func TestJudgedIsSettledByDeviceAndSet(t *testing.T) {
	var none *Judged
	for _, c := range []struct {
		kind vk.DeviceKind
		set  string
		want string
	}{
		{vk.Discrete, "cifar-100", "fadrm, resnet18, 5 seeds, controls random hard patches"},
		{vk.CPU, "cifar-100", "quick, convnet3, 3 seeds, controls random hard patches"},
		{vk.Discrete, "demo", "quick, resnet-mini, 3 seeds, controls random whole-set"},
	} {
		if got := none.settled(vk.Info{Kind: c.kind}, c.set).String(); got != c.want {
			t.Errorf("%s on %v: %s: want %s", c.set, c.kind, got, c.want)
		}
	}
	given := &Judged{Protocol: "rded", Students: []string{"resnet8"}, Seeds: 2, Controls: []string{}}
	if got := given.settled(vk.Info{Kind: vk.CPU}, "demo").String(); got != "rded, resnet8, 2 seeds, controls " {
		t.Errorf("given ones became %s", got)
	}
}

// A run is finished when its last phase has left its result; folders of before there were phases when they have exported.
func TestFinishedIsTheLastPhase(t *testing.T) {
	dir := t.TempDir()
	r, err := recipe.New("fadrm", recipe.Dataset{Name: "demo", Classes: 10, Size: 32})
	if err != nil {
		t.Fatal(err)
	}
	place := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put := func(until Phase) {
		text, err := Config{Dataset: "demo", Recipe: r, Until: until}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		place("config.toml", string(text))
	}
	is := func(want bool) {
		t.Helper()
		if err := CheckFolder(dir); (err != nil) != want {
			t.Errorf("finished: %v: want %t", err, want)
		}
	}
	put("")
	is(false)
	place("export/metadata.csv", "")
	is(true)
	put(Relabel)
	is(false)
	put(Evaluate)
	is(false)
	place(EvaluationFile, "{}")
	is(true)
	place("export/manifest.json", "{}") // a bundle that has not what is in the folder
	is(false)

	text, _ := Config{Dataset: "demo", Recipe: r, Until: Evaluate}.Encode()
	var c Config
	if err := c.decode([]byte(strings.Replace(string(text), `"evaluate"`, `"publish"`, 1))); err == nil || !strings.Contains(err.Error(), `until "publish": want recover, relabel or evaluate`) {
		t.Errorf("another phase: %v", err)
	}
}
