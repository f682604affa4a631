package app_test

import (
	"bytes"
	pic "image"
	"image/png"
	"strings"
	"testing"

	"reta/viewer/app"
	"reta/viewer/app/apptest"
)

func TestExportsSayWhatTheyShow(t *testing.T) {
	v := apptest.Small()
	apptest.Show(t, v, apptest.Values{"scene": "training", "smooth": 0.2})
	data, err := v.CSV()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	if lines[0] != `# scene=training run=r dataset=d recipe=reta class="cat" step=12 smooth=0.2` {
		t.Errorf("first line %q", lines[0])
	}
	if lines[1] != "Step,Total,CE,BN,Topology,Learning rate" || len(lines) != 2+12+1 || !strings.HasPrefix(lines[2], "1,4,3,40,") {
		t.Errorf("rows %q", lines[1:3])
	}
	if name := v.FileName("csv"); name != "reta-r-training-cat-step12.csv" {
		t.Errorf("file name %q", name)
	}
	if _, err := app.New().CSV(); err == nil {
		t.Error("the data of an empty page was saved")
	}
}

func TestAPictureWithAboutIsStillAPicture(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, pic.NewGray(pic.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	out := app.WithAbout(b.Bytes(), "step=3 é κ")
	if _, err := png.Decode(bytes.NewReader(out)); err != nil {
		t.Errorf("a picture with a text chunk: %v", err)
	}
	if !bytes.Contains(out, []byte("tEXtDescription\x00step=3 \xe9 ?")) {
		t.Error("the text is not in the picture")
	}
	if got := app.WithAbout([]byte("no picture"), "x"); string(got) != "no picture" {
		t.Errorf("%q", got)
	}
}
