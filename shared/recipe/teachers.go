package recipe

// The rows of the teachers.
var teacherRows = []Setting{
	{Name: "ensemble", Label: "ensemble", Help: "Of several teachers, which act on a step.", Absent: "rotate", Idle: Recipe.idleSteps},
	{Name: "priors", Label: "priors", Unit: "per cent", Help: "How good a teacher alone is, in the order of the teachers: the accuracy of a student on images distilled with it (`server prior` measures it); none: the published ones, where they are known.",
		Max: 100, Idle: Recipe.idlePriors},
	{Name: "phi", Label: "feature teacher", Symbol: "φ", Help: "Teacher, counted from 0, whose penultimate features are those of retrieval and topology.", Max: 1000, Chosen: true, Idle: Recipe.idlePhi},
}

func init() {
	register("ensemble", string(Rotate), "one teacher a step, in turn (FADRM+)", string(Mean), "all teachers in every step, with the mean of their losses",
		string(Pair), "two teachers in every step, by the image's number, weighted by softmax(prior/5) (CV-DD)")
}

func (r Recipe) idlePriors() string {
	if r.Ensemble != Pair {
		return "the ensemble " + string(r.Ensemble) + " takes no priors"
	}
	return r.idleSteps()
}

// Ensemble says which teachers act on a step.
type Ensemble string

// The ensembles.
const (
	Rotate Ensemble = "rotate" // one teacher a step, in turn (FADRM+)
	Mean   Ensemble = "mean"   // all of them in every step, with the mean of their losses
	Pair   Ensemble = "pair"   // two of them in every step, by the image's number, weighted by their priors (CV-DD)
)

// Teachers is the least number of teachers that the recipe takes.
func (r Recipe) Teachers() int {
	if r.Ensemble == Pair && r.Steps > 0 {
		return 2
	}
	return 1
}
