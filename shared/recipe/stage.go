package recipe

import "math"

const maxStages = 100

// The rows of the schedule.
var scheduleRows = []Setting{
	{Name: "batch", Flag: "batch", Label: "batch", Symbol: "B", Unit: "images", Help: "Images that pass through a teacher together.", Min: 1, Max: 1000},
	{Name: "batching", Label: "batching", Help: "Which images make a batch, and so what its statistics are of.", Absent: "across", Idle: Recipe.idleSteps},
	{Name: "group", Label: "group", Unit: "classes", Help: "Classes optimised together.", Min: 1, Max: 10_000},
	{Name: "steps", Flag: "steps", Label: "steps", Unit: "steps", Help: "Optimisation steps over all stages; 0: the images stay what they start as.", Max: 10_000_000},
	{Name: "rounds", Label: "rounds", Help: "Parts of the steps; the images of a class enter spread over their beginnings (DELT). 1: all from the first step on.", Min: 1, Max: 1000, Absent: "1", Idle: Recipe.idleRounds},
	{Name: "stages", Flag: "stages", Label: "stages", Symbol: "k+1", Help: "Blocks of steps, with a residual connection at the end of each but the last.", Min: 1, Max: maxStages},
	{Name: "resolutions", Label: "resolutions", Symbol: "D_t", Unit: "pixels", Help: "Side of the images in each stage, as many numbers as stages.", Min: 8, Max: 1024},
	{Name: "soft_budget", Flag: "soft-budget", Label: "soft budget", Help: "Below 300 steps: a smaller learning rate and larger crops, because few steps at the full rate leave noise.", Chosen: true, Idle: Recipe.idleSoftBudget},
}

func init() {
	register("batching", string(AcrossClasses), "one image of each of batch classes (FADRM)",
		string(ByClass), "whole classes one behind the other, cut into batches (DELT, EDC)")
}

// Batches says which images make a batch.
type Batches string

// The batches.
const (
	AcrossClasses Batches = "across"   // one image of each of Batch classes
	ByClass       Batches = "by-class" // a class's images one behind the other, then the next class's
)

func (r Recipe) idleSteps() string {
	if r.Steps == 0 {
		return "no step is made (steps 0)"
	}
	return ""
}

func (r Recipe) idleRounds() string {
	if r.IPC == 1 {
		return "one image of each class is there from the first step on"
	}
	return r.idleSteps()
}

func (r Recipe) idleSoftBudget() string {
	if r.Steps >= fewSteps {
		return "it counts below 300 steps"
	}
	return ""
}

// Stage is one block of steps between two residual connections: steps First..End-1, End not included.
type Stage struct {
	Index, First, End int
	Resolution        int // pixels
}

// Groups is the number of groups that so many classes are recovered in.
func (r Recipe) Groups(classes int) int { return (classes + r.Group - 1) / r.Group }

// Stage returns stage i of a valid recipe. Every stage has floor(Steps/Stages) steps; what remains goes to the last.
func (r Recipe) Stage(i int) Stage {
	block := r.block()
	s := Stage{Index: i, First: i * block, End: (i + 1) * block, Resolution: r.Resolutions[i]}
	if i == r.Stages-1 {
		s.End = r.Steps
	}
	return s
}

func (r Recipe) block() int { return max(r.Steps/max(r.Stages, 1), 1) }

// StageOf returns the stage that a step belongs to, the last one for steps past the end.
func (r Recipe) StageOf(step int) Stage {
	return r.Stage(min(step/r.block(), r.Stages-1))
}

// Enters is the first step that moves image i, from 0, of each class: IPC images are spread evenly over the beginnings of
// Rounds parts of the steps, what remains over the first parts (DELT).
func (r Recipe) Enters(i int) int {
	each, more := r.IPC/r.Rounds, r.IPC%r.Rounds
	if ahead := more * (each + 1); i < ahead {
		return i / (each + 1) * (r.Steps / r.Rounds)
	} else if each > 0 {
		return (more + (i-ahead)/each) * (r.Steps / r.Rounds)
	}
	return 0
}

// Connects reports whether a stage ends in a residual connection: all but the last, unless the recipe has none.
func (r Recipe) Connects(stage int) bool { return r.Connection != None && stage < r.Stages-1 }

// AlignsAfter reports whether a topology update follows a step: every PTA.Every steps, and at each stage's end.
func (r Recipe) AlignsAfter(step int) bool {
	return r.PTA.On && ((step+1)%r.PTA.Every == 0 || step+1 == r.StageOf(step).End)
}

// LearningRate returns the rate of a step: LR (softened) at step 0, then by LRSchedule, a half cosine over the whole budget, 0
// at Steps, or the same.
func (r Recipe) LearningRate(step int) float64 {
	if r.LRSchedule == ConstantRate {
		return r.Softened().LR
	}
	return Cosine(r.Softened().LR, float64(step), float64(r.Steps))
}

// Cosine returns the rate at a place of half a cosine that falls from lr at 0 to 0 at period (Loshchilov and Hutter 2017,
// no restarts). Beyond it the rate rises again, as in torch's CosineAnnealingLR.
func Cosine(lr, at, period float64) float64 { return lr / 2 * (1 + math.Cos(math.Pi*at/period)) }

// WithStages returns the recipe with n stages and the resolutions that the dataset has for that many: full size
// throughout up to 64 px; above, FADRM's turns of 200/224 and the full size, ending full where n is even. A number
// that Validate refuses gives no resolutions.
func (r Recipe) WithStages(n int, d Dataset) Recipe {
	r.Stages, r.Resolutions = n, nil
	if n < 1 || n > maxStages {
		return r
	}
	r.Resolutions = make([]int, n)
	for i := range r.Resolutions {
		r.Resolutions[i] = d.Size
		if d.Size > 64 && n > 1 && i%2 == 0 {
			r.Resolutions[i] = (d.Size*200/224 + 4) / 8 * 8
		}
	}
	return r
}

// fewSteps is the smaller of the paper's two budgets.
const fewSteps = 300

// Softened returns the recipe that the steps follow. With SoftBudget and fewer than 300 steps, the paper's smaller budget,
// both kinds of noise that a run has no time to average out shrink: the learning rate, whose 0.25 is as large as the
// pixels' own deviation, with the root of the budget, and the crops, which keep more of the image, in proportion to it.
func (r Recipe) Softened() Recipe {
	if !r.SoftBudget || r.Steps >= fewSteps {
		return r
	}
	share := float64(r.Steps) / fewSteps
	r.LR *= math.Sqrt(share)
	r.Crop.Area[0] = r.Crop.Area[1] - share*(r.Crop.Area[1]-r.Crop.Area[0])
	r.SoftBudget = false
	return r
}
