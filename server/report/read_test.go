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

// Accuracies on corrupted images stand in every form of a report.
func TestReportOfCorruptedImages(t *testing.T) {
	p, err := protocol.New("fadrm", recipe.Dataset{Name: "imagefruit", Classes: 10, Size: 224}, 1, "resnet18")
	if err != nil {
		t.Fatal(err)
	}
	se := .0125
	e := run.Evaluation{Dataset: "imagefruit", TestImages: 500, Students: []run.EvaluatedStudent{{Network: "resnet18", Protocol: p}},
		Corruptions: &run.Corruptions{Names: []string{"snow", "frost"}, Severities: []int{2, 5}, Seed: 9, JPEG: 85, Column: 224, Frost: "frost is made_up"},
		Trials: []evaluate.Outcome{{Images: event.Distilled, Labels: event.SoftLabels, Student: "resnet18", Seed: 1, Count: 10, Curve: []evaluate.Point{{Epoch: 1, Tested: true, Top1: .5, Top5: 1}},
			Corrupted: []evaluate.Corrupted{{Corruption: "snow", Severity: 2, Top1: .375, Top5: .75}, {Corruption: "frost", Severity: 5, Top1: .125, Top5: .5}}}},
		Rows: []run.EvaluationRow{{Images: event.Distilled, Labels: event.SoftLabels, Student: "resnet18", Count: 10, N: 1, Last: run.Accuracy{Top1: .5},
			Corrupted: &run.Accuracy{Top1: .25, SE: &se, Top5: .625}, Corruptions: []run.CorruptedRow{
				{Corruption: "snow", Severities: []float64{.375, .3125}, Mean: run.Accuracy{Top1: .34375}}, {Corruption: "frost", Severities: []float64{.25, .125}, Mean: run.Accuracy{Top1: .1875}}}}}}
	dir := filepath.Join(t.TempDir(), "fruit")
	writeEvaluation(t, dir, e)
	r, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := Text(&text, []*Run{r}, false); err != nil {
		t.Fatal(err)
	}
	page, err := HTML([]*Run{r})
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, page)
	files, err := CSV([]*Run{r})
	if err != nil {
		t.Fatal(err)
	}
	csv := ""
	for _, f := range files {
		if f.Name == "corruptions.csv" {
			csv = string(f.Data)
		}
	}
	for form, of := range map[string]struct {
		text string
		want []string
	}{
		"text":  {text.String(), []string{"mean over 2 corruptions at 2 severities", "50.0        25.0 ± 1.2      50 %", "\nfrost\n", "37.5  31.2  34.4", "25.0  12.5  18.8", "images stored as JPEGs of quality 85; frost is made_up"}},
		"page":  {string(page), []string{"25.0\u00a0±\u00a01.2", "frost is made_up", ">37.5<"}},
		"latex": {string(LaTeX([]*Run{r})), []string{`\label{tab:corrupted}`, `\label{tab:corruptions}`, `made\_up`}},
		"csv":   {csv, []string{"run,trial,student,images,labels,seed,corruption,severity,top1,top5\n", ",0,resnet18,distilled,soft,1,snow,2,0.375,0.75\n"}},
	} {
		for _, want := range of.want {
			if !strings.Contains(of.text, want) {
				t.Errorf("%s lacks %q:\n%s", form, want, of.text)
			}
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
