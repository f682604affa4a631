package topo

import (
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"reta/shared/topology"
)

// Aligner holds the real side of a batch of classes: their targets, measured once and then constant.
type Aligner struct {
	Targets []*topology.Target
}

// Draws says which real points a class is measured by.
type Draws struct {
	Count     int  // subsamples whose images are averaged, at least 1
	AutoGamma bool // weight of loops from the ratio of the losses between two draws, see topology.Target.AutoGamma

	// Cloud returns draw i of a class, n_c points; draw Count is asked for as well with AutoGamma. It is called from
	// several goroutines.
	Cloud func(class, i int) (topology.Cloud, error)
}

// NewAligner measures the real points of classes 0..classes-1, in parallel.
func NewAligner(o topology.Options, classes int, draws Draws) (*Aligner, error) {
	a := &Aligner{Targets: make([]*topology.Target, classes)}
	err := parallel(upTo(classes), func(_, class int) (err error) {
		a.Targets[class], err = draws.target(o, class)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

func (d Draws) target(o topology.Options, class int) (*topology.Target, error) {
	clouds := make([]topology.Cloud, max(d.Count, 1))
	for i := range clouds {
		var err error
		if clouds[i], err = d.Cloud(class, i); err != nil {
			return nil, err
		}
	}
	t, err := topology.NewTarget(o, clouds[0], clouds[1:]...)
	if err != nil || !d.AutoGamma || t.Inactive != "" {
		return t, err
	}
	other, err := d.Cloud(class, len(clouds))
	if err != nil {
		return nil, err
	}
	if o.Gamma, err = t.AutoGamma(other); err != nil {
		return nil, err
	}
	return topology.NewTarget(o, clouds[0], clouds[1:]...)
}

// Update is the comparison of all classes with their targets at one moment.
type Update struct {
	Summary
	Classes []*topology.Alignment
	Kappa   topology.Kappa // mean over all classes
}

// Points is n_c of each class: both sets have as many points, at most rows and no more than the real one.
func (a *Aligner) Points(rows int) []int {
	points := make([]int, len(a.Targets))
	for c, t := range a.Targets {
		points[c] = min(rows, t.Cloud.N)
	}
	return points
}

// Active counts the classes that take part in an update where each has up to so many rows of synthetic points. Each has a
// weight of its own in Program.SetTargets: lambda_topo / Active in the mean over them, lambda_topo in the sum of Eqn 11.
func (a *Aligner) Active(rows int) int {
	active := 0
	for c, n := range a.Points(rows) {
		if inactive(a.Targets[c], n) == "" {
			active++
		}
	}
	return active
}

// inactive says why a class of n synthetic points takes no part, "" when it does.
func inactive(t *topology.Target, n int) topology.Reason {
	if t.Inactive != "" || n >= 2 {
		return t.Inactive
	}
	return topology.TooFewSyn
}

// Align compares synthetic features, [classes][rows][dim] in the order of the targets, with their targets, in parallel;
// a class uses the first n_c of its rows.
func (a *Aligner) Align(features []float32, rows, dim int) (*Update, error) {
	if rows < 0 || dim < 0 || len(features) != len(a.Targets)*rows*dim {
		return nil, fmt.Errorf("topology: %d numbers: want %d classes x %d points x %d features",
			len(features), len(a.Targets), rows, dim)
	}
	u := &Update{Classes: make([]*topology.Alignment, len(a.Targets))}
	points := a.Points(rows)
	err := parallel(upTo(len(a.Targets)), func(_, class int) error {
		syn, err := topology.NewCloud(features[class*rows*dim:][:points[class]*dim], points[class], dim)
		if err != nil {
			return err
		}
		u.Classes[class], err = a.Targets[class].Align(syn)
		return err
	})
	if err != nil {
		return nil, err
	}
	u.average()
	return u, nil
}

// Weighted returns sum_c weights[c] L_c, what the classes add to the loss whose gradient Program.SetTargets describes.
func (u *Update) Weighted(weights []float64) float64 {
	sum := 0.0
	for c, a := range u.Classes {
		sum += weights[c] * a.Total
	}
	return sum
}

func (u *Update) average() {
	for _, c := range u.Classes {
		u.Kappa.H0 += c.Kappa.H0 / float64(len(u.Classes))
		u.Kappa.H1 += c.Kappa.H1 / float64(len(u.Classes))
		if c.Inactive == "" {
			u.add(c.Loss, c.Total, c.Push, c.BeyondEpsMax, c.Clipped)
		}
	}
	u.divide()
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// parallel runs one task for each of some classes on all processors and names the class of the first error.
func parallel(classes []int, task func(i, class int) error) error {
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, class := range classes {
		work.Go(func() error {
			if err := task(i, class); err != nil {
				return fmt.Errorf("class %d: %w", class, err)
			}
			return nil
		})
	}
	return work.Wait()
}
