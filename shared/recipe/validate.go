package recipe

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// FieldError says which setting cannot be, and what to do. Field is its name in JSON and TOML.
type FieldError struct {
	Field        string
	Value        any
	Want, Remedy string
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("recipe: %s = %v: want %s; %s", e.Field, e.Value, e.Want, e.Remedy)
}

// Validate checks every setting and returns all that is wrong as one joined error of FieldErrors.
func (r Recipe) Validate() error {
	var c check
	c.count("ipc", r.IPC, 1, 10_000)
	c.count("batch", r.Batch, 1, 1000)
	c.count("group", r.Group, r.Batch, 10_000, "at least batch: raise group or lower batch")
	c.count("stages", r.Stages, 1, maxStages)
	stages := min(max(r.Stages, 1), maxStages)
	c.count("steps", r.Steps, stages, 10_000_000, "one step a stage at least: raise steps or lower stages")
	c.that(len(r.Resolutions) == r.Stages || r.Stages != stages, "resolutions", r.Resolutions,
		fmt.Sprintf("%d numbers, one a stage", r.Stages), "list as many as there are stages")
	for i, d := range r.Resolutions {
		c.count(fmt.Sprintf("resolutions[%d]", i), d, 8, 1024)
	}
	c.name("init.start", string(r.Init.Start))
	c.name("init.selector", string(r.Init.Selector))
	c.name("init.difficulty", string(r.Init.Difficulty))
	c.count("init.images", r.Init.Images, 1, 1_000_000)
	c.count("init.least", r.Init.Least, 1, 1_000_000)
	c.count("init.per_image", r.Init.PerImage, 1, 1000)
	c.count("init.crops", r.Init.Crops, 1, 1000)
	c.interval("init.area", r.Init.Area, 0.001, 1)
	c.count("pool.limit", r.Pool.Limit, 0, 10_000_000)
	c.name("pool.sample", string(r.Pool.Sample))
	c.name("ensemble", string(r.Ensemble))
	c.count("phi", r.Phi, 0, 1000)
	c.that(len(r.Losses) > 0, "losses", r.Losses, "one term at least", "choose from "+optionNames("losses"))
	for i, name := range r.Losses {
		c.name("losses", name)
		c.that(!slices.Contains(r.Losses[:i], name), "losses", name, "each name once", "drop one")
	}
	c.name("connection", string(r.Connection))
	c.that(r.Connection != Fixed || r.Init.Start == Patch, "connection", r.Connection,
		"another one with init.start = noise", "a fixed anchor is the starting patch: start from a patch or retrieve the anchor")
	c.real("alpha", r.Alpha, 0, 1)

	c.real("lr", r.LR, 1e-6, 100)
	c.real("betas[0]", r.Betas[0], 0, 0.9999)
	c.real("betas[1]", r.Betas[1], 0, 0.999999)
	c.real("epsilon", r.Epsilon, 1e-12, 1)
	c.real("bn_weight", r.BNWeight, 0, 1e4)
	c.real("first_bn", r.FirstBN, 0, 1e4)

	c.interval("crop.area", r.Crop.Area, 0.001, 1)
	c.interval("crop.ratio", r.Crop.Ratio, 0.1, 10)
	c.real("flip", r.Flip, 0, 1)
	smallest := 1024
	for _, d := range r.Resolutions {
		smallest = min(smallest, d)
	}
	c.count("jitter", r.Jitter, 0, smallest-1, "a roll must stay inside the smallest resolution")

	c.real("drc.lambda", r.DRC.Lambda, 0, 1)
	c.name("drc.scale", string(r.DRC.Scale))
	c.count("drc.top_m", r.DRC.TopM, 1, 64)
	c.real("drc.blur_sigma", r.DRC.BlurSigma, 0, 64)

	c.real("pta.lambda_topo", r.PTA.LambdaTopo, 0, 1e4)
	c.name("pta.weighting", string(r.PTA.Weighting))
	c.name("pta.update", string(r.PTA.Update))
	c.name("pta.graph", string(r.PTA.Graph))
	c.count("pta.k", r.PTA.K, 1, 256)
	c.real("pta.sigma", r.PTA.Sigma, 0.001, 10)
	c.real("pta.exponent", r.PTA.Exponent, 1, 16)
	c.real("pta.gamma", r.PTA.Gamma, 0, 1e6)
	c.count("pta.grid", r.PTA.Grid, 2, 256)
	c.count("pta.every", r.PTA.Every, 1, 10_000_000)
	c.real("pta.eps_margin", r.PTA.EpsMargin, 0.01, 100)
	c.count("pta.max_points", r.PTA.MaxPoints, 2, 256)
	c.count("pta.real_draws", r.PTA.RealDraws, 1, 64)
	return errors.Join(c...)
}

// Fits checks a valid recipe against the data it is to run on.
func (r Recipe) Fits(d Dataset) error {
	var c check
	c.that(r.Batch <= d.Classes, "batch", r.Batch, fmt.Sprintf("at most %d, the classes of %s", d.Classes, d.Name),
		"a batch holds one image per class: lower batch or take more classes")
	if d.PerClass > 0 {
		want := fmt.Sprintf("at most %d, the images of the smallest class of %s", d.PerClass, d.Name)
		c.that(r.Init.Start != Patch || r.IPC <= d.PerClass, "ipc", r.IPC, want, "lower ipc or start from noise")
		c.that(r.Connection != Retrieval || !r.DRC.NoRepeat || r.IPC <= d.PerClass, "ipc", r.IPC, want, "lower ipc or allow repeats")
		c.that(r.Connection != Retrieval || !r.DRC.ExcludeSelf || d.PerClass > 1, "drc.exclude_self", true,
			"a pool of two images at least", "turn it off")
	}
	return errors.Join(c...)
}

// Notices says in words what a valid recipe will leave out, for the log.
func (r Recipe) Notices() (lines []string) {
	if r.PTA.On && r.IPC < 2 {
		lines = append(lines, "PTA is inactive at IPC 1: one synthetic point per class has no shape to compare")
	} else if r.PTA.On && r.IPC < 4 {
		lines = append(lines, "PTA compares components only: loops need at least 4 images per class")
	}
	if r.Connection == Retrieval && r.DRC.Scale == Raw && r.DRC.Lambda < 1 {
		lines = append(lines, "raw complexity is near 1e-5 on [0,1] pixels: below lambda 1 it hardly changes a choice")
	}
	if r.Connection != None && r.Stages == 1 {
		lines = append(lines, "one stage has no residual connection")
	}
	return lines
}

// check collects what is wrong.
type check []error

func (c *check) that(ok bool, field string, value any, want, remedy string) {
	if !ok {
		*c = append(*c, &FieldError{field, value, want, remedy})
	}
}

// name refuses a value that is none of the setting's options.
func (c *check) name(field, v string) {
	c.that(known(field, v), field, v, optionNames(field), "choose one")
}

func (c *check) count(field string, v, lo, hi int, remedy ...string) {
	c.that(v >= lo && v <= hi, field, v, fmt.Sprintf("%d to %d", lo, hi), append(remedy, "change "+field)[0])
}

func (c *check) real(field string, v, lo, hi float64) {
	c.that(v >= lo && v <= hi && !math.IsNaN(v), field, v, fmt.Sprintf("%v to %v", lo, hi), "change "+field)
}

func (c *check) interval(field string, v [2]float64, lo, hi float64) {
	c.that(lo <= v[0] && v[0] <= v[1] && v[1] <= hi, field, v,
		fmt.Sprintf("two rising numbers from %v to %v", lo, hi), "change "+field)
}
