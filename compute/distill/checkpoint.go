package distill

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"reta/compute/nn"
	"reta/shared/recipe"
)

// saveEvery is the most time that a crash costs.
const saveEvery = 30 * time.Second

// save writes the group's state: whole files that replace the last ones, or
// nothing. done marks a group that needs no further step; its moments are left
// out.
func (g *group) save(done bool) error {
	g.saved = time.Now()
	if g.r.Dir == "" || g.canvas == nil {
		return nil
	}
	c := g.canvas
	shape := c.pixels.Shape()
	var tensors []nn.Tensor
	for _, v := range []struct {
		name string
		read func() ([]float32, error)
		want bool
	}{{"pixels", c.pixels.Read, true}, {"m", c.m.Read, !done}, {"v", c.v.Read, !done}} {
		if !v.want {
			continue
		}
		data, err := v.read()
		if err != nil {
			return err
		}
		tensors = append(tensors, nn.Tensor{Name: v.name, Shape: shape, Values: data})
	}
	if g.patches != nil && !done {
		s := g.r.Data.Size
		tensors = append(tensors, nn.Tensor{Name: "patches", Shape: []int{c.rows, s, s, 3}, Values: g.patches})
	}
	flag := int64(0)
	if done {
		flag = 1
	}
	tensors = append(tensors,
		nn.Tensor{Name: "origins", Shape: []int{len(g.origins)}, Values: wide(g.origins)},
		nn.Tensor{Name: "anchors", Shape: []int{len(g.anchored)}, Values: wide(g.anchored)},
		nn.Tensor{Name: "position", Shape: []int{4}, Values: []int64{flag, int64(g.stage), int64(g.step), int64(c.size)}},
		nn.Tensor{Name: "assessments", Shape: []int{4}, Values: []float64{g.before.CE, g.before.BN, g.after.CE, g.after.BN}},
	)
	if err := os.MkdirAll(g.r.Dir, 0o755); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := nn.WriteTensors(g.file(), map[string]string{"recipe": g.r.fingerprint()}, tensors); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

func (g *group) saveSometimes() error {
	if time.Since(g.saved) < saveEvery {
		return nil
	}
	return g.save(false)
}

// restore continues from the group's checkpoint, if there is one. It tells
// whether the group is finished.
func (g *group) restore() (done bool, err error) {
	g.saved = time.Now()
	if g.r.Dir == "" {
		return false, nil
	}
	f, err := nn.OpenTensors(g.file())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("checkpoint: %w", err)
	}
	defer f.Close()
	if was, now := f.Metadata("recipe"), g.r.fingerprint(); was != now {
		return false, fmt.Errorf("checkpoint %s belongs to another run:\n  it has  %s\n  this is %s\nuse another --run-dir", g.file(), was, now)
	}
	position, err1 := f.Int64("position", 4)
	assessments, err2 := f.Float64("assessments", 4)
	rows := g.r.Recipe.IPC * g.count
	origins, err3 := f.Int64("origins", rows)
	anchors, err4 := f.Int64("anchors", rows)
	if err := firstError(err1, err2, err3, err4); err != nil {
		return false, fmt.Errorf("checkpoint %s: %w", g.file(), err)
	}
	size := int(position[3])
	stage, step := int(position[1]), int(position[2])
	at := g.r.Recipe.Stage(max(0, min(stage, g.r.Recipe.Stages-1)))
	if stage < 0 || stage > g.r.Recipe.Stages || step < at.First || step > at.End || size != at.Resolution {
		return false, fmt.Errorf("checkpoint %s: stage %d, step %d, size %d: want stage 0 to %d, its steps %d to %d and size %d; remove the file to begin these classes anew",
			g.file(), stage, step, size, g.r.Recipe.Stages, at.First, at.End, at.Resolution)
	}
	pixels, err := f.Float32("pixels", rows, size, size, 3)
	if err != nil {
		return false, fmt.Errorf("checkpoint %s: %w", g.file(), err)
	}
	g.before, g.after = Assessment{assessments[0], assessments[1]}, Assessment{assessments[2], assessments[3]}
	if g.origins, err1 = g.images(origins); err1 == nil {
		g.anchored, err1 = g.images(anchors)
	}
	if err1 != nil {
		return false, fmt.Errorf("checkpoint %s: %w", g.file(), err1)
	}
	if _, ok := f.Info("patches"); !ok && position[0] == 0 && g.r.Recipe.Connection == recipe.Fixed {
		return false, fmt.Errorf("checkpoint %s: no patches, which a fixed connection needs", g.file())
	}
	if err := g.paint(size, pixels); err != nil {
		return false, err
	}
	g.stage, g.step = stage, step
	if position[0] == 1 {
		return true, nil
	}
	m, err1 := f.Float32("m", rows, size, size, 3)
	v, err2 := f.Float32("v", rows, size, size, 3)
	if err := firstError(err1, err2); err != nil {
		return false, fmt.Errorf("checkpoint %s: %w", g.file(), err)
	}
	if _, ok := f.Info("patches"); ok {
		s := g.r.Data.Size
		if g.patches, err = f.Float32("patches", rows, s, s, 3); err != nil {
			return false, fmt.Errorf("checkpoint %s: %w", g.file(), err)
		}
	}
	g.r.say("classes %d to %d: continuing at stage %d, step %d", g.first, g.first+g.count-1, stage+1, step)
	return false, firstError(g.canvas.m.Write(m), g.canvas.v.Write(v))
}

func wide(list []int) []int64 {
	to := make([]int64, len(list))
	for i, v := range list {
		to[i] = int64(v)
	}
	return to
}

// images are indices of training images read from a checkpoint.
func (g *group) images(list []int64) ([]int, error) {
	to := make([]int, len(list))
	for i, v := range list {
		if v < -1 || v >= int64(g.r.Data.Train.Len()) {
			return nil, fmt.Errorf("origin or anchor %d: want an image of 0 to %d, or -1", v, g.r.Data.Train.Len()-1)
		}
		to[i] = int(v)
	}
	return to, nil
}

func (g *group) file() string {
	return filepath.Join(g.r.Dir, fmt.Sprintf("classes-%04d.safetensors", g.first))
}

// fingerprint is what must not change between a run and its continuation.
func (r *run) fingerprint() string {
	return fmt.Sprintf("%+v data %s %s %dpx teachers %s", r.asked, r.Data.Name, r.Key, r.Data.Size, r.teacherNames())
}

// collect puts the group's finished images into the result, resized to the
// data's size where the last stage was smaller.
func (g *group) collect() error {
	r := g.r
	pixels, err := g.canvas.pixels.Read()
	if err != nil {
		return err
	}
	if pixels, err = resampled(r.ctx, r.dev, pixels, g.canvas.size, r.Data.Size); err != nil {
		return err
	}
	each := r.Data.Size * r.Data.Size * 3
	for row := range g.canvas.rows {
		i, c := row/g.count, g.first+row%g.count
		copy(r.out.Pixels[(c*r.Recipe.IPC+i)*each:], pixels[row*each:(row+1)*each])
	}
	share := float64(g.count) / float64(r.Data.Classes)
	r.out.Before.add(g.before, share)
	r.out.After.add(g.after, share)
	return nil
}

func (a *Assessment) add(b Assessment, share float64) {
	a.CE += share * b.CE
	a.BN += share * b.BN
}
