package recipe

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"reta/shared/setting"
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

// Validate checks every setting against its row of the table, and those that depend on each other. It returns all that is
// wrong as one joined error of FieldErrors.
func (r Recipe) Validate() error {
	var c check
	for _, s := range table {
		c.row(s, s.field(&r))
	}
	c.that(r.Group >= r.Batch || r.Batching == ByClass, "group", r.Group, fmt.Sprintf("%d or more, at least batch", r.Batch), "raise group or lower batch")
	c.that(r.Stages < 1 || r.Stages > maxStages || r.Steps < 0 || r.Steps >= r.Stages || r.Steps == 0 && r.Stages == 1, "steps", r.Steps,
		fmt.Sprintf("%d or more, one step a stage at least", r.Stages), "raise steps or lower stages")
	c.that(r.Stages < 1 || r.Stages > maxStages || len(r.Resolutions) == r.Stages, "resolutions", r.Resolutions,
		fmt.Sprintf("%d numbers, one a stage", r.Stages), "list as many as there are stages")
	c.that(r.Steps == 0 || r.Rounds < 1 || r.Rounds <= r.Steps, "rounds", r.Rounds, fmt.Sprintf("1 to %d, one step a round at least", r.Steps), "raise steps or lower rounds")
	c.that(r.Rounds <= 1 || !r.PTA.On, "rounds", r.Rounds, "1 with pta.on", "topology compares whole classes: turn one of them off")
	c.that(r.Ensemble != Pair || r.Batching == AcrossClasses, "batching", r.Batching, string(AcrossClasses)+" with ensemble = "+string(Pair),
		"a pair of teachers belongs to an image's number: change one of them")
	c.that(r.Pad == 0 || r.Crop.Whole(), "pad", r.Pad, "0 with a crop", "an image is cropped or shifted: set crop.area and crop.ratio to 1,1 or drop pad")
	c.that(!slices.Contains(r.Losses, ClassBNLoss) || r.Batching == ByClass && r.Batch%max(r.IPC, 1) == 0 && r.Rounds <= 1, "batch", r.Batch,
		fmt.Sprintf("a multiple of ipc, %d, with batching = %s and rounds = 1", r.IPC, ByClass), "the loss "+ClassBNLoss+" takes whole classes: change batch, or drop it")
	c.that(!slices.Contains(r.Losses, DensifyLoss) || r.Batch <= mostSpectrum, "batch", r.Batch, fmt.Sprintf("at most %d with the loss %s", mostSpectrum, DensifyLoss),
		"the eigenvalues of larger blocks are not computed: lower batch")
	c.that(!slices.Contains(r.Losses, MosaicLoss) || r.Init.Start == Patch, "losses", MosaicLoss, "others with init.start = "+string(r.Init.Start), "it compares with real images: start from a patch")
	if len(r.Resolutions) > 0 {
		smallest := slices.Min(r.Resolutions)
		c.that(r.Jitter < smallest, "jitter", r.Jitter, fmt.Sprintf("0 to %d", smallest-1), "a roll must stay inside the smallest resolution")
		c.that(r.Pad < smallest, "pad", r.Pad, fmt.Sprintf("0 to %d", smallest-1), "a shift must stay inside the smallest resolution")
	}
	c.that(r.Critical == 0 || r.Init.Start == Patch, "critical", r.Critical, "0 with init.start = "+string(r.Init.Start), "noise has no critical pixels: start from a patch")
	c.that(r.Critical == 0 || !r.PTA.On || r.PTA.Update == Joined, "critical", r.Critical, "0 with pta.update = "+string(r.PTA.Update),
		"a step of its own moves all pixels: set pta.update = "+string(Joined))
	c.that(r.Connection != Fixed || r.Init.Start == Patch, "connection", r.Connection,
		"another one with init.start = "+string(r.Init.Start), "a fixed anchor is the starting patch: start from a patch or retrieve the anchor")
	c.match(r)
	return errors.Join(c...)
}

// Fits checks a valid recipe against the data it is to run on.
func (r Recipe) Fits(d Dataset) error {
	var c check
	c.that(r.Batch <= d.Classes || r.Batching == ByClass, "batch", r.Batch, fmt.Sprintf("at most %d, the classes of %s", d.Classes, d.Name),
		"a batch holds one image per class: lower batch or take more classes")
	c.that(r.Init.Factor <= d.Size/8, "init.factor", r.Init.Factor, fmt.Sprintf("at most %d, patches of 8 px or more of the %d px of %s", d.Size/8, d.Size, d.Name), "lower init.factor")
	c.that(r.Match.By == ByTeachers || r.Group >= d.Classes, "group", r.Group, fmt.Sprintf("%d with match.by = %s, all classes of %s", d.Classes, r.Match.By, d.Name),
		"a network is trained on all classes together: raise it")
	c.that(r.Match.By == ByTeachers || len(r.Resolutions) == 0 || r.Resolutions[0] == d.Size, "resolutions", r.Resolutions,
		fmt.Sprintf("%d with match.by = %s, the side of %s", d.Size, r.Match.By, d.Name), "a network is trained on images of one size: drop it")
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

// row checks a value against its row: the names it takes, or its bounds.
func (c *check) row(s Setting, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		c.that(known(s.Name, v.String()), s.Name, v.String(), optionNames(s.Name), "choose one")
	case reflect.Int, reflect.Float64:
		c.bounds(s, s.Name, v)
	case reflect.Uint64:
		c.that(v.Uint() <= math.MaxInt64, s.Name, v.Uint(), s.Bounds(), "change "+s.Name)
	case reflect.Array:
		if a, b := v.Index(0).Float(), v.Index(1).Float(); s.Range {
			c.that(s.Min <= a && a <= b && b <= s.Max, s.Name, v.Interface(), "two rising numbers from "+s.Bounds(), "change "+s.Name)
			return
		}
		fallthrough
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String {
			c.names(s.Name, v.Interface().([]string))
			return
		}
		for i := range v.Len() {
			e := v.Index(i)
			c.bounds(s, fmt.Sprintf("%s[%d]", s.Name, i), e)
		}
	}
}

// names refuses an empty list, names that are no option and such as come twice.
func (c *check) names(field string, list []string) {
	c.that(len(list) > 0, field, "[]", "one term at least", "choose from "+optionNames(field))
	for i, name := range list {
		c.that(known(field, name), field, name, optionNames(field), "choose from them")
		c.that(!slices.Contains(list[:i], name), field, name, "each name once", "drop one")
	}
}

func (c *check) bounds(s Setting, field string, v reflect.Value) {
	x := setting.Number(v)
	c.that(x >= s.Min && x <= s.Max, field, v.Interface(), s.Bounds(), "change "+field) // a NaN is in no bounds
}
