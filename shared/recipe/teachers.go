package recipe

// The rows of the teachers.
var teacherRows = []Setting{
	{Name: "ensemble", Label: "ensemble", Help: "Of several teachers, which act on a step.", Absent: "rotate"},
	{Name: "phi", Label: "feature teacher", Symbol: "φ", Help: "Teacher, counted from 0, whose penultimate features are those of retrieval and topology.", Max: 1000, Chosen: true, Idle: Recipe.idlePool},
}

func init() {
	register("ensemble", string(Rotate), "one teacher a step, in turn (FADRM+)", string(Mean), "all teachers in every step, with the mean of their losses")
}

// Ensemble says which teachers act on a step.
type Ensemble string

// The ensembles.
const (
	Rotate Ensemble = "rotate" // one teacher a step, in turn (FADRM+)
	Mean   Ensemble = "mean"   // all of them in every step, with the mean of their losses
)
