package recipe

// The rows of the optimiser, Adam with fresh moments at each stage.
var optimiserRows = []Setting{
	{Name: "lr", Flag: "lr", Label: "learning rate", Symbol: "η", Help: "Initial learning rate of Adam on the pixels; a change during a run scales the rest of the schedule.",
		Min: 1e-6, Max: 100, Live: &Slider{Max: 1, Log: true}},
	{Name: "lr_schedule", Label: "schedule", Help: "How the learning rate goes on over the steps.", Absent: "cosine"},
	{Name: "betas", Label: "betas", Symbol: "β", Help: "Adam's decay rates of the two moments.", Max: 0.999999},
	{Name: "epsilon", Label: "epsilon", Symbol: "ε", Help: "Adam's term against division by 0.", Min: 1e-12, Max: 1},
	{Name: "critical", Label: "critical activation", Help: "Pixels whose class activation in the image that they start in, from 0 at its least to 1 at its greatest, is this or more do not move (NRR-DD); 0: all move.", Max: 1},
}

func init() {
	register("lr_schedule", string(CosineRate), "it falls to 0 by half a cosine over all steps", string(ConstantRate), "it stays (CIM)")
}

// RateSchedule is how the learning rate goes on over the steps.
type RateSchedule string

// The schedules of learning rates.
const (
	CosineRate   RateSchedule = "cosine" // to 0 by half a cosine
	ConstantRate RateSchedule = "constant"
)
