package run

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"reta/compute/vk"
	"reta/server/dataset"
	"reta/shared/recipe"
)

// configOf is a run's config on the demo set.
func configOf(t testing.TB, seed uint64) Config {
	t.Helper()
	r, err := recipe.New("reta", recipe.Dataset{Name: "demo", Classes: 10, Size: 32})
	if err != nil {
		t.Fatal(err)
	}
	r.Seed = seed
	return Config{Dataset: "demo", Classes: []string{"ring", "blob"}, Recipe: r}
}

// opened opens a run folder or fails.
func opened(t *testing.T, path string, c Config) *Folder {
	t.Helper()
	f, err := OpenFolder(path, c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNewFolderIsResumedBySameConfigOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "a")
	f := opened(t, path, configOf(t, 1))
	if f.Resumed {
		t.Error("a new folder counts as resumed")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f = opened(t, path, configOf(t, 1))
	if !f.Resumed {
		t.Error("the same config does not resume")
	}
	f.Close()

	other := configOf(t, 2)
	other.PerClass = 3
	_, err := OpenFolder(path, other)
	if !errors.Is(err, ErrOther) {
		t.Fatalf("another config: %v, want ErrOther", err)
	}
	for _, want := range []string{path + " was started with other settings", "\n  it has seed = 1, asked seed = 2\n", "\n  it has per_class = all, asked per_class = 3\n", "by --resume " + path + ", or use another --run-dir"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("says %q; want %q in it", err, want)
		}
	}
	if strings.Contains(err.Error(), "alpha") {
		t.Errorf("%q names a setting that is the same in both", err)
	}
	opened(t, path, configOf(t, 1)).Close() // the refusal let go of the lock and changed nothing
}

// The images of a run are those of a config with the same set and recipe, wherever the set is and however the teachers are found.
func TestSameImages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := opened(t, path, configOf(t, 1)).Close(); err != nil {
		t.Fatal(err)
	}
	same := configOf(t, 1)
	same.Data, same.Networks, same.Epochs, same.Until = "demo.tar", []string{"resnet8"}, 3, Evaluate
	if err := SameImages(path, same); err != nil {
		t.Error(err)
	}
	other := configOf(t, 2)
	other.PerClass = 3
	if err := SameImages(path, other); !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), "it has per_class = all, asked per_class = 3\n  ") || !strings.Contains(err.Error(), "seed") || !strings.Contains(err.Error(), path) {
		t.Errorf("of other settings: %v", err)
	}
}

func TestBusyFolderIsRefused(t *testing.T) {
	path := t.TempDir()
	f := opened(t, path, configOf(t, 1))
	_, err := OpenFolder(path, configOf(t, 1))
	if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), path+": wait for it, or use another --run-dir") {
		t.Errorf("second opening: %v", err)
	}
	if err := os.Remove(f.File("LOCK")); err != nil { // by somebody who thought that it was left over
		t.Fatal(err)
	}
	if _, err := OpenFolder(path, configOf(t, 1)); !errors.Is(err, ErrBusy) {
		t.Errorf("second opening without the file LOCK: %v", err)
	}
	f.Close()
	opened(t, path, configOf(t, 1)).Close()
}

func TestFinishedRunIsRefused(t *testing.T) {
	path := t.TempDir()
	f := opened(t, path, configOf(t, 1))
	write(t, f.File("export", "metadata.csv"), "")
	f.Close()
	_, err := OpenFolder(path, configOf(t, 1))
	if !errors.Is(err, ErrFinished) || !strings.Contains(err.Error(), filepath.Join(path, "export")+"; use another --run-dir to run again") {
		t.Errorf("finished: %v", err)
	}
	if err := CheckFolder(path); !errors.Is(err, ErrFinished) {
		t.Errorf("finished, checked: %v", err)
	}
	if err := os.Mkdir(filepath.Join(path, "checkpoints"), 0o755); err != nil { // as after a kill behind the export
		t.Fatal(err)
	}
	opened(t, path, configOf(t, 1)).Close()
}

// What belongs to others is neither written to nor taken away.
func TestForeignFolderIsLeftAlone(t *testing.T) {
	path := t.TempDir()
	write(t, filepath.Join(path, "holiday.jpg"), "x")
	_, err := OpenFolder(path, configOf(t, 1))
	if !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), "(holiday.jpg) and holds no config.toml: use an empty or new --run-dir") {
		t.Errorf("foreign folder: %v", err)
	}
	if got := names(t, path); got != "holiday.jpg" {
		t.Errorf("the folder holds %s afterwards", got)
	}
	file := filepath.Join(path, "holiday.jpg")
	if _, err := OpenFolder(file, configOf(t, 1)); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "want a folder") {
		t.Errorf("a file as folder: %v", err)
	}
	for _, path := range []string{path, file} { // known without opening
		if _, want := OpenFolder(path, configOf(t, 1)); CheckFolder(path) == nil || CheckFolder(path).Error() != want.Error() {
			t.Errorf("checked: %v, opened: %v", CheckFolder(path), want)
		}
	}
	none := filepath.Join(path, "none")
	if err := CheckFolder(none); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("checking a folder made it")
	}
}

func TestFolderOfARunThatDiedAtOnceIsTaken(t *testing.T) {
	path := t.TempDir()
	write(t, filepath.Join(path, "LOCK"), "")
	write(t, filepath.Join(path, ".config.toml5577006791947779410"), "half")
	f := opened(t, path, configOf(t, 1))
	defer f.Close()
	if f.Resumed {
		t.Error("there was no run to resume")
	}
}

func TestBrokenConfigIsNamed(t *testing.T) {
	path := t.TempDir()
	file := filepath.Join(path, "config.toml")
	write(t, file, "dataset = ")
	if _, err := OpenFolder(path, configOf(t, 1)); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("broken config: %v", err)
	}
	write(t, file, strings.Repeat("#", 1<<20+1))
	if _, err := OpenFolder(path, configOf(t, 1)); err == nil || !strings.Contains(err.Error(), "too large for the config of a run") {
		t.Errorf("huge config: %v", err)
	}
	os.Remove(file)
	if err := syscall.Mkfifo(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(path, configOf(t, 1)); err == nil || !strings.Contains(err.Error(), file+" is not a file") {
		t.Errorf("a pipe as config: %v", err)
	}
}

func TestDiscardTakesAwayOnlyWhatItMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new")
	f := opened(t, path, configOf(t, 1))
	write(t, f.File("events.reta"), "")
	f.discard()
	f.Close()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the new folder is still there: %v", err)
	}

	given := t.TempDir() // it was there before: it stays
	f = opened(t, given, configOf(t, 1))
	f.discard()
	f.Close()
	if got := names(t, given); got != "" {
		t.Errorf("the given folder holds %s", got)
	}

	opened(t, path, configOf(t, 1)).Close()
	f = opened(t, path, configOf(t, 1)) // resumed: there is a run to keep
	f.discard()
	f.Close()
	if _, err := ReadFolder(path); err != nil {
		t.Errorf("a resumed run was discarded: %v", err)
	}
}

func TestLatestIsTheNewestUnfinishedRun(t *testing.T) {
	root := t.TempDir()
	if path, _, err := Latest(filepath.Join(root, "none")); path != "" || err != nil {
		t.Errorf("no folder of runs: %q, %v", path, err)
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var paths []string
	for i := range 3 {
		c := configOf(t, uint64(i))
		f := opened(t, filepath.Join(root, c.FolderName(at.Add(time.Duration(i)*time.Second))), c)
		paths = append(paths, f.Path)
		f.Close()
	}
	write(t, filepath.Join(paths[2], "export", "metadata.csv"), "")
	write(t, filepath.Join(root, "zzz", "readme"), "not a run")
	path, c, err := Latest(root)
	if err != nil || path != paths[1] || c.Recipe.Seed != 1 {
		t.Errorf("latest is %q with seed %d (%v), want %q with seed 1", path, c.Recipe.Seed, err, paths[1])
	}
}

func TestFolderNamesAreSafeAndDiffer(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := configOf(t, 1)
	if got := c.FolderName(at); !strings.HasPrefix(got, "20260301T120000Z-demo-reta-ipc10-") {
		t.Errorf("name %q", got)
	}
	if c.FolderName(at) == configOf(t, 2).FolderName(at) {
		t.Error("two configs have one name")
	}
	c.Dataset = "path:/some/my pictures"
	if got := c.FolderName(at); strings.ContainsAny(got, "/: ") {
		t.Errorf("name %q", got)
	}
}

func TestConfigComesBack(t *testing.T) {
	f := opened(t, t.TempDir(), configOf(t, 7))
	defer f.Close()
	c, err := ReadFolder(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	was, _ := configOf(t, 7).Encode()
	now, _ := c.Encode()
	if string(was) != string(now) {
		t.Errorf("came back as\n%s\nwant\n%s", now, was)
	}
}

// A config of schema 1 says by its fields what its run did, and continues under its own settings only.
func TestConfigOfSchema1(t *testing.T) {
	old, err := os.ReadFile("../testdata/schema1/unfinished/config.toml")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	write(t, filepath.Join(path, "config.toml"), string(old))
	c, err := ReadFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	if r := c.Recipe; r.Validate() != nil || r.LR != 0.05773502691896258 || r.SoftBudget || r.Init.Selector != recipe.RDED || r.PTA.Update != recipe.Separate || r.Group != 2 {
		t.Errorf("read as %+v: %v", r, r.Validate())
	}
	f := opened(t, path, c)
	if !f.Resumed {
		t.Error("it does not resume")
	}
	f.Close()
	c.Recipe.LR, c.Recipe.Init.Selector = 0.1, recipe.DELT
	_, err = OpenFolder(path, c)
	for _, want := range []string{"it has lr = 0.05773502691896258, asked lr = 0.1\n", "it has init.selector = rded, asked init.selector = delt\n"} {
		if !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if now, _ := os.ReadFile(filepath.Join(path, "config.toml")); string(now) != string(old) {
		t.Errorf("the config was rewritten:\n%s", now)
	}
}

// What a run began with is compared in words, not in hashes of everything.
func TestChangedDataIsNamed(t *testing.T) {
	path := t.TempDir()
	f := opened(t, path, configOf(t, 1))
	if err := f.WriteJSON("meta.json", map[string]any{"data_hash": "aaaa", "teacher_hash": "bbbb"}); err != nil {
		t.Fatal(err)
	}
	same := func(data, teachers string) error {
		return errors.Join(f.sameData(&dataset.Dataset{Hash: data}), f.sameTeachers(teachers))
	}
	if err := same("cccc", "dddd"); err != nil {
		t.Errorf("a new run has changed: %v", err)
	}
	f.Close()
	f = opened(t, path, configOf(t, 1))
	defer f.Close()
	for _, c := range [][3]string{
		{"aaaa", "bbbb", ""},
		{"cccc", "bbbb", "the data changed since the run in " + path + " began: its hash is cccc, was aaaa: bring back"},
		{"aaaa", "cccc", "the teachers' weights changed since the run in " + path + " began: their hash is cccc, was bbbb: bring back"},
	} {
		if err := same(c[0], c[1]); (err == nil) != (c[2] == "") || err != nil && (!errors.Is(err, ErrOther) || !strings.Contains(err.Error(), c[2])) {
			t.Errorf("error %v, want %q", err, c[2])
		}
	}
	os.Remove(f.File("meta.json"))
	if err := same("cccc", "dddd"); err != nil {
		t.Errorf("without meta.json: %v", err)
	}
}

// A run whose images changed says which.
func TestChangedImagesAreCounted(t *testing.T) {
	images := t.TempDir()
	draw := func(name string, grey uint8) {
		m := image.NewGray(image.Rect(0, 0, 8, 8))
		m.Pix[0] = grey
		var b bytes.Buffer
		if err := errors.Join(png.Encode(&b, m), os.MkdirAll(filepath.Dir(filepath.Join(images, name)), 0o755),
			os.WriteFile(filepath.Join(images, name), b.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	open := func() *dataset.Dataset {
		set, err := dataset.Open(t.Context(), dataset.Options{Name: "path:" + images})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { set.Close() })
		return set
	}
	for i, name := range []string{"a/1.png", "a/2.png", "b/1.png", "b/2.png"} {
		draw(name, uint8(i))
	}
	path := t.TempDir()
	f := opened(t, path, configOf(t, 1))
	set := open()
	if err := errors.Join(f.WriteJSON("meta.json", map[string]any{"data_hash": set.Hash}), writeFile(f.File(imagesFile), set.Fingerprints())); err != nil {
		t.Fatal(err)
	}
	f.Close()
	f = opened(t, path, configOf(t, 1))
	defer f.Close()
	if err := f.sameData(open()); err != nil {
		t.Errorf("the same images: %v", err)
	}
	draw("b/1.png", 99)
	want := "the data changed since the run in " + path + " began: 1 of 4 images differ: b/1.png: bring back what it began with"
	if err := f.sameData(open()); !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

// Configs of other programs, or of versions to come, are not half understood.
func TestUnknownConfigsAreRefused(t *testing.T) {
	text, _ := configOf(t, 1).Encode()
	for _, c := range [][3]string{
		{"schema = 2", "schema = 3", "schema 3: want 1 to 2: a newer version"},
		{"dataset =", "mood = 4\ndataset =", "mood is not known: want the settings of schema 2"},
		{"ipc =", "icp = 4\nipc =", `unknown field "icp": want the fields of schema 2`},
	} {
		path := t.TempDir()
		write(t, filepath.Join(path, "config.toml"), strings.Replace(string(text), c[0], c[1], 1))
		if _, err := ReadFolder(path); err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s: error %v, want %q", c[1], err, c[2])
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// names lists a folder.
func names(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

// The teacher's training is in the config, and is settled once.
func TestTrainingIsInTheConfig(t *testing.T) {
	set, err := dataset.Open(t.Context(), dataset.Options{Name: "demo", PerClass: 4, Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	c := configOf(t, 5)
	if err := c.Settle(vk.Info{Kind: vk.CPU}, set, ""); err != nil || c.Training != nil || c.Network != "" {
		t.Errorf("the embedded teacher: %+v, %v", c.Training, err)
	}
	published := c
	if err := published.Settle(vk.Info{Kind: vk.CPU}, set, "cv-dd"); err != nil || published.Training == nil || published.Training.Epochs != 200 || published.Network != "resnet-mini" {
		t.Errorf("a preset: %+v, %v", published.Training, err)
	}
	c.Epochs = 3
	open := c
	if err := c.Settle(vk.Info{Kind: vk.CPU}, set, ""); err != nil || c.Network != "resnet-mini" || c.Training == nil || c.Training.Epochs != 3 || c.Training.Seed != 5 {
		t.Fatalf("settled: %s, %+v, %v", c.Network, c.Training, err)
	}
	f := opened(t, t.TempDir(), c)
	f.Close()
	back, err := ReadFolder(f.Path)
	if err != nil || back.Training == nil || *back.Training != *c.Training {
		t.Fatalf("came back as %+v, %v; want %+v", back.Training, err, c.Training)
	}
	if err := back.Settle(vk.Info{}, set, ""); err != nil || back.Network != "resnet-mini" {
		t.Errorf("another device changes the network to %s, %v", back.Network, err)
	}
	changed := *c.Training
	changed.LR = 0.5
	other := c
	other.Training = &changed
	if lines := back.Difference(other); len(lines) != 1 || !strings.Contains(lines[0], "it has training = ") || !strings.Contains(lines[0], "lr 0.5") {
		t.Errorf("difference %q", lines)
	}
	if lines := open.Difference(c); len(lines) > 0 {
		t.Errorf("a config from before it was settled: %q", lines)
	}
}

// What a kill left in the making is gone once the run goes on; files that are not this program's stay.
func TestContinuedFolderIsSwept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	opened(t, path, configOf(t, 1)).Close()
	const number = "5577006791947779410"
	left := []string{".config.toml" + number, ".evaluation.json" + number, ".cost.json" + number, "checkpoints/.classes-0000.safetensors" + number, "evaluation/.ab.json" + number, "labels/.manifest.json" + number}
	others := []string{".notes1", "notes.txt", "checkpoints/classes-0000.safetensors"}
	for _, name := range append(left, others...) {
		file := filepath.Join(path, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, file, "x")
	}
	f := opened(t, path, configOf(t, 1))
	defer f.Close()
	for _, name := range left {
		if _, err := os.Stat(f.File(name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
	for _, name := range others {
		if _, err := os.Stat(f.File(name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
