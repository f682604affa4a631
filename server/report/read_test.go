package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reta/compute/evaluate"
	"reta/server/run"
	"reta/shared/event"
	"reta/shared/protocol"
	"reta/shared/recipe"
)

// Images that no run made have an evaluation and no log.
func TestReportOfAnEvaluationAlone(t *testing.T) {
	p, err := protocol.New("fadrm", recipe.Dataset{Name: "cifar-10", Classes: 10, Size: 32}, 10, "resnet18")
	if err != nil {
		t.Fatal(err)
	}
	outcome := func(images string, top1 float64) evaluate.Outcome {
		return evaluate.Outcome{Images: images, Labels: event.SoftLabels, Student: "resnet18", Count: 100, Seconds: 1200,
			Curve: []evaluate.Point{{Epoch: 1, Loss: 2}, {Epoch: 2, Loss: 1, Tested: true, Top1: top1, Top5: 1}}}
	}
	e := run.Evaluation{Program: "0.1.0", Dataset: "cifar-10", TestImages: 50, Teachers: []string{"resnet50"}, Students: []run.EvaluatedStudent{{Network: "resnet18", Protocol: p}},
		Trials: []evaluate.Outcome{outcome(event.Distilled, 0.5), outcome(event.Distilled, 0.75), outcome(event.Random, 0.25)}}
	dir := filepath.Join(t.TempDir(), "images-evaluation")
	writeEvaluation(t, dir, e)
	r, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	page, err := HTML([]*Run{r})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<title>images-evaluation: cifar-10</title>", "resnet50", "62.5\u00a0±\u00a012.5", "protocol fadrm, 50 test images", "student.epochs", fmt.Sprintf(`<td class="word">%d</td>`, p.Student.Epochs), "20 min"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(string(page), `id="shape"`) || strings.Contains(string(page), "not finished") {
		t.Error("the page is of a run, want an evaluation alone")
	}
	wellFormed(t, page)
	files, err := EventFiles([]*Run{r})
	if err != nil || len(files) != 3 || len(records(t, files[0].Data)) != 3 {
		t.Errorf("%d event files (%v), want one of each trial with its version and two epochs", len(files), err)
	}
	for _, what := range []string{"trial 2 has no epoch", "no student is trained"} {
		if what == "no student is trained" {
			e.Trials = nil
		} else {
			e.Trials[2].Curve = nil
		}
		writeEvaluation(t, dir, e)
		if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v, want %q", err, what)
		}
	}
}

func writeEvaluation(t *testing.T, dir string, e run.Evaluation) {
	t.Helper()
	text, err := json.Marshal(e)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, run.EvaluationFile), text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
