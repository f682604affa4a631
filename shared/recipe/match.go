package recipe

import (
	"fmt"
	"slices"
)

// The rows of matching: images that are moved by what they do to a network in training.
var matchRows = []Setting{
	{Name: "match.by", Label: "matching", Help: "What moves the images.", Absent: string(ByTeachers)},
	{Name: "match.network", Label: "network", Help: "Network that is trained on the images.", Absent: "convnet3", Idle: Recipe.idleMatch},
	{Name: "match.pixel_rate", Label: "pixels' rate", Help: "Learning rate of the pixels' gradient descent, the same in all steps; with gradients, for 10 images per class, in proportion to their number.",
		Min: 1e-9, Max: 1e6, Absent: "1000", Idle: Recipe.idleMatch},
	{Name: "match.momentum", Label: "pixels' momentum", Help: "Momentum of the pixels' gradient descent.", Max: 0.999, Absent: "0.5", Idle: Recipe.idleMatch},
	{Name: "match.rate", Label: "network's rate", Help: "Learning rate of the network; for trajectories that of the experts, and what the students' begins as.",
		Min: 1e-6, Max: 10, Absent: "0.01", Idle: Recipe.idleMatch},
	{Name: "match.batch", Label: "network's batch", Unit: "images", Help: "Real images of a step of the network's training.", Min: 1, Max: 10_000, Absent: "256", Idle: Recipe.idleMatch},

	{Name: "match.experts", Label: "experts", Help: "Networks trained on all real images; they are kept in the cache.", Min: 1, Max: 1000, Absent: "100", Idle: Recipe.idleTrajectory},
	{Name: "match.epochs", Label: "experts' epochs", Unit: "epochs", Help: "Epochs that each expert is trained for.", Min: 1, Max: 1000, Absent: "50", Idle: Recipe.idleTrajectory},
	{Name: "match.start", Label: "latest start", Symbol: "T+", Unit: "epochs", Help: "A step's student starts as an expert after fewer epochs than this, drawn anew for every step.", Min: 1, Max: 1000, Absent: "20", Idle: Recipe.idleTrajectory},
	{Name: "match.ahead", Label: "epochs ahead", Symbol: "M", Unit: "epochs", Help: "Epochs after its start at which the expert is what the student should become.", Min: 1, Max: 1000, Absent: "3", Idle: Recipe.idleTrajectory},
	{Name: "match.inner", Label: "students' steps", Symbol: "N", Unit: "steps", Help: "Steps that a student trains on the images before it is compared with the expert.", Min: 1, Max: 1000, Absent: "20", Idle: Recipe.idleTrajectory},
	{Name: "match.images", Label: "students' batch", Unit: "images", Help: "Synthetic images of a student's step; 0: all of them.", Max: 100_000, Absent: "0", Idle: Recipe.idleTrajectory},
	{Name: "match.rate_rate", Label: "rate of the rate", Help: "Learning rate of the students' learning rate.", Max: 10, Absent: "1e-05", Idle: Recipe.idleTrajectory},

	{Name: "match.real", Label: "real images", Unit: "images", Help: "Real images of a class whose gradient a step compares with that of the synthetic ones.", Min: 1, Max: 10_000, Absent: "64", Idle: Recipe.idleGradient},
	{Name: "match.renew", Label: "steps of a network", Unit: "steps", Help: "Steps after which a new network is drawn.", Min: 1, Max: 1_000_000, Absent: "100", Idle: Recipe.idleGradient},
	{Name: "match.trained", Label: "training images", Unit: "images", Help: "Real images that the network is trained on after each step.", Max: 1_000_000, Absent: "2000", Idle: Recipe.idleGradient},
}

func init() {
	register("match.by",
		string(ByTeachers), "gradients of frozen teachers: the losses",
		string(ByTrajectory), "where a network comes to when it is trained on the images, compared with experts trained on all real images (MTT, Cazenavette et al. 2022)",
		string(ByGradient), "the gradient that the images of a class give a network in training, compared with that of real ones (IDC, Kim et al. 2022)")
	register("match.network",
		"convnet3", "for 32 px", "convnet4", "for 64 px", "convnet5", "for 128 px and more",
		"convnet3-w32", "a quarter of the channels, for CPUs", "convnet4-w32", "the same for 64 px")
}

// Match sets how images are moved by what they do to a network in training, in the place of frozen teachers.
type Match struct {
	By        Mover   `json:"by" toml:"by"`
	Network   string  `json:"network" toml:"network"`
	PixelRate float64 `json:"pixel_rate" toml:"pixel_rate"`
	Momentum  float64 `json:"momentum" toml:"momentum"`
	Rate      float64 `json:"rate" toml:"rate"`
	Batch     int     `json:"batch" toml:"batch"`

	Experts  int     `json:"experts" toml:"experts"`
	Epochs   int     `json:"epochs" toml:"epochs"`
	Start    int     `json:"start" toml:"start"`
	Ahead    int     `json:"ahead" toml:"ahead"`
	Inner    int     `json:"inner" toml:"inner"`
	Images   int     `json:"images" toml:"images"`
	RateRate float64 `json:"rate_rate" toml:"rate_rate"`

	Real    int `json:"real" toml:"real"`
	Renew   int `json:"renew" toml:"renew"`
	Trained int `json:"trained" toml:"trained"`
}

// Formation is how many smaller images along each axis an image holds that students are to see one by one, enlarged (IDC): 1 where
// they see it as it is.
func (r Recipe) Formation() int {
	if r.Match.By == ByGradient {
		return r.Init.Factor
	}
	return 1
}

// Mover is what moves the images.
type Mover string

// The movers.
const (
	ByTeachers   Mover = "teachers"
	ByTrajectory Mover = "trajectory"
	ByGradient   Mover = "gradient"
)

// unmatched are the settings of a recipe that matches nothing.
var unmatched = Match{
	By: ByTeachers, Network: "convnet3", PixelRate: 1000, Momentum: 0.5, Rate: 0.01, Batch: 256, Experts: 100, Epochs: 50, Start: 20, Ahead: 3, Inner: 20, RateRate: 1e-5,
	Real: 64, Renew: 100, Trained: 2000,
}

func (r Recipe) idleMatch() string {
	if r.Match.By == ByTeachers {
		return "images are moved by teachers (match.by)"
	}
	return ""
}

func (r Recipe) idleTrajectory() string { return r.idleUnless(ByTrajectory) }

func (r Recipe) idleGradient() string { return r.idleUnless(ByGradient) }

func (r Recipe) idleUnless(m Mover) string {
	if r.Match.By != m {
		return fmt.Sprintf("images are moved by %s (match.by)", map[Mover]string{ByTeachers: "teachers", ByTrajectory: "trajectories", ByGradient: "gradients"}[r.Match.By])
	}
	return ""
}

// taught are rows of settings that only steps of teachers read.
func taught(rows []Setting) []Setting {
	rows = slices.Clone(rows)
	for i, row := range rows {
		rows[i].Idle = func(r Recipe) string {
			switch {
			case r.Match.By != ByTeachers:
				return "images are moved by what they do to a network in training (match.by)"
			case row.Idle != nil:
				return row.Idle(r)
			}
			return ""
		}
	}
	return rows
}

// match checks what depends on match.by.
func (c *check) match(r Recipe) {
	if r.Match.By == ByTeachers {
		return
	}
	by := string(r.Match.By)
	c.that(r.Stages == 1, "stages", r.Stages, "1 with match.by = "+by, "drop it: nothing is blended in")
	c.that(r.Rounds <= 1, "rounds", r.Rounds, "1 with match.by = "+by, "drop it: all images are moved together")
	c.that(!r.PTA.On, "pta.on", true, "false with match.by = "+by, "topology is added to the gradients of teachers: turn one of them off")
	c.that(r.Match.By != ByTrajectory || r.Match.Start-1+r.Match.Ahead <= r.Match.Epochs, "match.epochs", r.Match.Epochs,
		fmt.Sprintf("%d or more, match.ahead after the latest start", r.Match.Start-1+r.Match.Ahead), "raise it, or lower match.start or match.ahead")
}

// matched is a recipe in which training moves the images: all classes together, one stage of full size, pixels by gradient
// descent at a rate that stays.
func matched(d Dataset, by Mover) Recipe {
	r := base(d).WithStages(1, d)
	r.Init.Selector = Random
	r.Batch, r.Group = min(d.Classes, 1000), d.Classes
	r.Crop, r.Flip, r.Jitter = wholeImage, 0, 0
	r.Match.By = by
	switch {
	case d.Size > 64:
		r.Match.Network = "convnet5"
	case d.Size > 32:
		r.Match.Network = "convnet4"
	}
	return r
}
