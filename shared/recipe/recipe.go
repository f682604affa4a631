package recipe

import "math"

// The rows of every method.
var methodRows = []Setting{
	{Name: "ipc", Flag: "ipc", Label: "images per class", Symbol: "IPC", Unit: "images", Help: "Images per class.", Min: 1, Max: 10_000},
	{Name: "seed", Flag: "seed", Label: "seed", Help: "Seed of every random number.", Max: math.MaxInt64},
}

// Recipe is everything that decides a recovery besides the data, the teachers and the device.
// Steps count from 0; stages count from 0.
type Recipe struct {
	Name string `json:"recipe" toml:"recipe"` // the method it started from
	IPC  int    `json:"ipc" toml:"ipc"`       // images per class
	Seed uint64 `json:"seed" toml:"seed"`     // of every random number

	// The schedule: Stages = k+1 blocks around k residual connections.
	Batch       int     `json:"batch" toml:"batch"`             // B: images that pass together
	Batching    Batches `json:"batching" toml:"batching"`       // which images make a batch
	Group       int     `json:"group" toml:"group"`             // classes optimised together
	Rounds      int     `json:"rounds" toml:"rounds"`           // the images of a class enter over so many parts of the steps, see Enters
	Steps       int     `json:"steps" toml:"steps"`             // B, over all stages
	Stages      int     `json:"stages" toml:"stages"`           // k+1
	Resolutions []int   `json:"resolutions" toml:"resolutions"` // D_t in pixels, one per stage
	Connection  Anchor  `json:"connection" toml:"connection"`   // what a stage's end mixes in, Eqns 2 and 6
	Alpha       float64 `json:"alpha" toml:"alpha"`             // blend ratio: weight of the synthetic image, 1-Alpha that of its anchor
	SoftBudget  bool    `json:"soft_budget" toml:"soft_budget"` // below 300 steps, a smaller learning rate and larger crops (chosen), see Softened

	Init Init `json:"init" toml:"init"`
	Pool Pool `json:"pool" toml:"pool"`

	// The teachers: which act on a step, and which gives phi, the features of retrieval and topology.
	Ensemble Ensemble  `json:"ensemble" toml:"ensemble"`
	Priors   []float64 `json:"priors" toml:"priors"` // of the teachers in their order, per cent; none: the published ones, see Prior
	Phi      int       `json:"phi" toml:"phi"`       // 0: the first teacher

	// Adam, with LRSchedule over all Steps and fresh moments at each stage.
	LR         float64      `json:"lr" toml:"lr"`
	LRSchedule RateSchedule `json:"lr_schedule" toml:"lr_schedule"`
	Betas      [2]float64   `json:"betas" toml:"betas"`
	Epsilon    float64      `json:"epsilon" toml:"epsilon"`
	Critical   float64      `json:"critical" toml:"critical"` // class activation from which on a pixel stays as it started; 0: all move (NRR-DD)

	// The loss, Eqn 1: the sum of the terms named in Losses, by default cross-entropy + BNWeight * L_BN.
	Losses   []string `json:"losses" toml:"losses"`
	BNWeight float64  `json:"bn_weight" toml:"bn_weight"`
	FirstBN  float64  `json:"first_bn" toml:"first_bn"` // multiplies the first layer's term
	Stats    Stats    `json:"stats" toml:"stats"`
	Densify  Densify  `json:"densify" toml:"densify"`

	Barycentre Barycentre `json:"barycentre" toml:"barycentre"`

	// Augmentation of every step.
	Crop         Crop         `json:"crop" toml:"crop"`
	Pad          int          `json:"pad" toml:"pad"`                     // shift by -Pad..Pad pixels over 0 (G-VBSM)
	CropSchedule CropSchedule `json:"crop_schedule" toml:"crop_schedule"` // of Crop's least area over the steps
	SharedCrop   bool         `json:"shared_crop" toml:"shared_crop"`     // one crop and one flip for the whole batch
	Flip         float64      `json:"flip" toml:"flip"`                   // probability of a horizontal flip
	Jitter       int          `json:"jitter" toml:"jitter"`               // roll by 0..Jitter pixels along each axis, both ends included
	RollBoth     bool         `json:"roll_both" toml:"roll_both"`         // roll by -Jitter..Jitter instead (SRe2L at 64 px)

	DRC DRC `json:"drc" toml:"drc"`
	PTA PTA `json:"pta" toml:"pta"`

	// Match moves images by what they do to a network in training, in the place of teachers.
	Match Match `json:"match" toml:"match"`
}

// Dataset is what a recipe must know of the data.
type Dataset struct {
	Name     string
	Classes  int
	Size     int // side of an image as it enters the network, pixels
	PerClass int // training images in the smallest class; 0 when not known
	IPC      int // images per class that are wanted, for defaults that depend on it; 0: 10
}
