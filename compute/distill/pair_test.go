package distill

import (
	"math"
	"strings"
	"testing"

	"reta/compute/models"
	"reta/compute/train/traintest"
	"reta/shared/recipe"
)

// Pairs of teachers are CV-DD's: the published one at IPC 1, or that of the best priors; the pairs in order up to as many
// images; a draw beyond. Weights are softmax(prior/5) over the two.
func TestPairs(t *testing.T) {
	job := smallJob(t)
	job.Recipe.Ensemble, job.Recipe.PTA.On, job.Data.Name = recipe.Pair, false, "cifar-100"
	job.Teachers = nil
	for _, name := range []string{"resnet18", "resnet50", "shufflenetv2-x0.5", "mobilenetv2", "densenet121"} {
		m := *traintest.Teacher(t, 1)
		m.Name = name
		job.Teachers = append(job.Teachers, &m)
	}
	open := func(ipc int) pairs {
		t.Helper()
		job.Recipe.IPC = ipc
		return openGroup(t, job, 0, 3).parts.ensemble.(pairs)
	}
	teachers := func(s []Share) [2]int { return [2]int{s[0].Teacher, s[1].Teacher} }
	one := open(1)[0]
	if teachers(one) != [2]int{2, 3} {
		t.Errorf("at IPC 1 teachers %v, want shufflenet and mobilenet, 2 and 3", one)
	}
	// Published priors 51.6 and 59.4: softmax of 10.32 and 11.88.
	if want := 1 / (1 + math.Exp(11.88-10.32)); math.Abs(one[0].Weight-want) > 1e-12 || math.Abs(one[0].Weight+one[1].Weight-1) > 1e-12 {
		t.Errorf("weights %v, want %.4f and the rest", one, want)
	}
	all := map[[2]int]int{}
	for i, s := range open(10) {
		all[teachers(s)]++
		if i == 1 && teachers(s) != [2]int{0, 2} {
			t.Errorf("image 1 has teachers %v, want the second pair, 0 and 2", s)
		}
	}
	if len(all) != 10 {
		t.Errorf("ten images have %d pairs, want each of ten once: %v", len(all), all)
	}
	drawn := map[[2]int]int{}
	for _, s := range open(50) {
		drawn[teachers(s)]++
	}
	if len(drawn) < 8 {
		t.Errorf("50 images draw %d pairs of ten: %v", len(drawn), drawn)
	}
	job.Recipe.Priors = []float64{10, 20, 60, 30, 50}
	job.Data.Name, job.Data.Size = "stripes", 16
	job.Teachers[2].Name = "resnet8" // so that the pair of the set is not there
	if s := open(1)[0]; teachers(s) != [2]int{2, 4} || math.Abs(s[0].Weight-1/(1+math.Exp(-2))) > 1e-12 {
		t.Errorf("with measured priors teachers %v, want the best two, 2 and 4, weights softmax(12, 10)", s)
	}
	job.Recipe.Priors = nil
	for _, m := range job.Teachers {
		m.Name = "resnet8"
	}
	if s := open(2)[1]; s[0].Weight != 0.5 {
		t.Errorf("without priors the weights are %v, want the same", s)
	}
}

func TestPairsRefuse(t *testing.T) {
	for _, c := range []struct {
		edit func(*Job)
		want string
	}{
		{func(j *Job) { j.Teachers = j.Teachers[:1] }, "takes 2 teachers at least in every step, and has 1"},
		{func(j *Job) { j.Recipe.Priors = []float64{50} }, "priors [50]: want one for each of the 2 teachers"},
		{func(j *Job) { j.Recipe.Batching = recipe.ByClass }, "batching = by-class: want across with ensemble = pair"},
	} {
		job := smallJob(t)
		job.Recipe.Ensemble = recipe.Pair
		job.Teachers = []*models.Model{job.Teachers[0], job.Teachers[0]}
		c.edit(&job)
		if err := job.check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}
