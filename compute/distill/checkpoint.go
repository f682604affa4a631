package distill

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"reta/compute/nn"
	"reta/shared/recipe"
	"reta/shared/wholefile"
)

// saveEvery is the most time that a crash costs.
const saveEvery = 30 * time.Second

// kept is how many checkpoints of a group there are, so that one that is damaged costs two more intervals at most.
const kept = 3

// save writes the group's state: a whole file, or nothing; the last ones are kept. done marks a group that needs no
// further step; what only steps need is left out.
func (g *Group) save(done bool) error {
	g.saved = time.Now()
	if g.Dir == "" || g.images == nil {
		return nil
	}
	if err := g.settle(); err != nil {
		return err
	}
	b := g.images
	shape := b.pixels.Shape()
	var tensors []nn.Tensor
	for _, v := range []struct {
		name string
		read func() ([]float32, error)
		want bool
	}{{"pixels", b.pixels.Read, true}, {"m", b.m.Read, !done}, {"v", b.v.Read, !done}} {
		if !v.want {
			continue
		}
		data, err := v.read()
		if err != nil {
			return err
		}
		tensors = append(tensors, nn.Tensor{Name: v.name, Shape: shape, Values: data})
	}
	flag := int64(1)
	if !done {
		flag = 0
		tensors = append(tensors, g.parts.end.State(g)...)
		for _, k := range g.parts.keepers() {
			kept, err := k.State(g)
			if err != nil {
				return err
			}
			tensors = append(tensors, kept...)
		}
	}
	tensors = append(tensors,
		nn.Tensor{Name: "origins", Shape: []int{len(g.origins)}, Values: wide(g.origins)},
		nn.Tensor{Name: "anchors", Shape: []int{len(g.anchors)}, Values: wide(g.anchors)},
		nn.Tensor{Name: "position", Shape: []int{4}, Values: []int64{flag, int64(g.stage), int64(g.step), int64(b.size)}},
	)
	tensors = append(tensors, g.Observer.State()...)
	if err := wholefile.MkdirAll(g.Dir, 0o755); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	meta, err := g.identity()
	if err == nil {
		err = g.shift()
	}
	if err == nil {
		err = nn.SealTensors(g.file(0), meta, tensors)
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// shift makes every checkpoint one older. Whenever it is cut off, the newest one there is has its turn first.
func (g *Group) shift() error {
	for age := kept - 2; age >= 0; age-- {
		if err := wholefile.Rename(g.file(age), g.file(age+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// keep saves, and waits for a full disk to have room.
func (g *Group) keep(ctx context.Context, done bool) error {
	return UntilRoom(ctx, g.Emit, func() error { return g.save(done) })
}

func (g *Group) saveSometimes(ctx context.Context) error {
	if time.Since(g.saved) < saveEvery {
		return nil
	}
	if err := g.report(0); err != nil { // what a checkpoint has, the log has too
		return err
	}
	return g.keep(ctx, false)
}

// file is the group's checkpoint of an age, 0 for the newest.
func (g *Group) file(age int) string {
	name := fmt.Sprintf("classes-%04d", g.first)
	if age > 0 {
		name += fmt.Sprintf(".%d", age)
	}
	return filepath.Join(g.Dir, name+".safetensors")
}

// restore continues from the group's newest checkpoint that is whole, if there is one. It reports whether the group is
// finished.
func (g *Group) restore() (done bool, err error) {
	g.saved = time.Now()
	if g.Dir == "" {
		return false, nil
	}
	var damage []string
	for age := range kept {
		switch done, err := g.restoreFrom(g.file(age)); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil || errors.As(err, new(otherRun)):
			if err == nil && len(damage) > 0 {
				g.warn("%s: continuing from %s", strings.Join(damage, "; "), g.file(age))
			}
			return done, err
		default:
			damage = append(damage, fmt.Sprintf("checkpoint %v", err))
		}
	}
	if len(damage) > 0 {
		return false, fmt.Errorf("%s; remove them to begin these classes anew", strings.Join(damage, "; "))
	}
	return false, nil
}

// otherRun is the error for a checkpoint of another run.
type otherRun struct{ error }

// restoreFrom continues from a checkpoint, and leaves all as it is where that is damaged.
func (g *Group) restoreFrom(file string) (done bool, err error) {
	f, err := nn.OpenUndamaged(file)
	if err != nil {
		return false, fmt.Errorf("%s: %w", file, err)
	}
	defer f.Close()
	if err := g.belongs(f); err != nil {
		return false, err
	}
	if done, err = g.read(f); err != nil {
		return false, fmt.Errorf("%s: %w", file, err)
	}
	g.restored = file
	return done, nil
}

// read takes the group's state from its checkpoint.
func (g *Group) read(f *nn.TensorFile) (done bool, err error) {
	rows := g.Recipe.IPC * g.count
	position, err1 := f.Int64("position", 4)
	origins, err2 := f.Int64("origins", rows)
	anchors, err3 := f.Int64("anchors", rows)
	if err := firstError(err1, err2, err3); err != nil {
		return false, err
	}
	done, size := position[0] == 1, int(position[3])
	stage, step := int(position[1]), int(position[2])
	at := g.Recipe.Stage(max(0, min(stage, g.Recipe.Stages-1)))
	if stage < 0 || stage > g.Recipe.Stages || step < at.First || step > at.End || size != at.Resolution {
		return false, fmt.Errorf("stage %d, step %d, size %d: want stage 0 to %d, its steps %d to %d and size %d",
			stage, step, size, g.Recipe.Stages, at.First, at.End, at.Resolution)
	}
	if g.origins, err1 = g.imageNumbers(origins); err1 == nil {
		g.anchors, err1 = g.imageNumbers(anchors)
	}
	pixels, err2 := f.Float32("pixels", rows, size, size, 3)
	if err := firstError(err1, err2, g.Observer.Restore(f)); err != nil {
		return false, err
	}
	if !done {
		if err := g.parts.end.Restore(g, f); err != nil {
			return false, err
		}
		for _, k := range g.parts.keepers() {
			if err := k.Restore(g, f); err != nil {
				return false, err
			}
		}
	}
	if err := g.replace(size, pixels); err != nil {
		return false, err
	}
	g.stage, g.step = stage, step
	if done {
		return true, nil
	}
	m, err1 := f.Float32("m", rows, size, size, 3)
	v, err2 := f.Float32("v", rows, size, size, 3)
	if err := firstError(err1, err2); err != nil {
		return false, err
	}
	g.say("classes %d to %d: continuing in stage %d, after step %d", g.first, g.first+g.count-1, stage+1, step)
	return false, firstError(g.images.m.Write(m), g.images.v.Write(v))
}

func wide(list []int) []int64 {
	to := make([]int64, len(list))
	for i, v := range list {
		to[i] = int64(v)
	}
	return to
}

// imageNumbers are numbers of training images read from a checkpoint.
func (g *Group) imageNumbers(list []int64) ([]int, error) {
	to := make([]int, len(list))
	for i, v := range list {
		if v < -1 || v >= int64(g.Data.Train.Len()) {
			return nil, fmt.Errorf("origin or anchor %d: want an image of 0 to %d, or -1", v, g.Data.Train.Len()-1)
		}
		to[i] = int(v)
	}
	return to, nil
}

// identity is what must not change between a run and its continuation.
func (r *run) identity() (map[string]string, error) {
	text, err := r.asked.Encode()
	return map[string]string{
		"schema": strconv.Itoa(recipe.Schema), "recipe": string(text), "data": r.dataIdentity(), "teachers": r.teacherNames(),
	}, err
}

// belongs refuses a checkpoint of another run and says in what they differ.
func (r *run) belongs(f *nn.TensorFile) error {
	var differences []string
	if f.Metadata("schema") == "" {
		if was := f.Metadata("recipe"); was != r.identityV1() {
			differences = append(differences, "the recipe, the data or the teachers, which this version of the program cannot tell apart in so old a file")
		}
	} else {
		schema, err := strconv.Atoi(f.Metadata("schema"))
		var was recipe.Recipe
		if err == nil {
			was, err = recipe.Parse(schema, []byte(f.Metadata("recipe")))
		}
		if err != nil {
			return fmt.Errorf("checkpoint: %w; remove the file to begin these classes anew", err)
		}
		differences = recipe.Difference(was, r.asked)
		for _, part := range []struct{ what, now string }{{"data", r.dataIdentity()}, {"teachers", r.teacherNames()}} {
			if was := f.Metadata(part.what); was != part.now {
				differences = append(differences, fmt.Sprintf("the %s changed: it has %s, this run %s", part.what, was, part.now))
			}
		}
	}
	if len(differences) == 0 {
		return nil
	}
	return otherRun{fmt.Errorf("the checkpoints in %s belong to another run:\n  %s\nuse another --run-dir", r.Dir, strings.Join(differences, "\n  "))}
}
