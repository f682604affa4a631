package evaluate

import (
	"errors"
	"fmt"

	"reta/compute/graph"
	"reta/compute/label"
	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/shared/protocol"
)

// student is a network with its optimiser's state and the programs that train and test it. It is made once and trained
// anew for every trial that it fits.
type student struct {
	dev      *vk.Device
	data     train.Data
	protocol protocol.Protocol
	plan     label.Plan

	model    *models.Model
	before   *models.Model       // that students go on from; nil: they begin anew
	average  *train.Average      // of EMA, tested in the model's place; nil without
	state    [][]*graph.Variable // by weight: Adam's moments, or the velocity
	counter  *graph.Variable     // [1] U32: steps made of a block
	losses   *graph.Variable     // [mostRuns,1]: of each of them
	programs map[int]*program    // by images of a batch
	scorer   *train.Scorer
}

// newStudent makes a student that goes on from one of so many known classes, 0: that begins anew.
func newStudent(dev *vk.Device, data train.Data, network string, p protocol.Protocol, plan label.Plan, known int) (s *student, err error) {
	s = &student{dev: dev, data: data, protocol: p, plan: plan, programs: map[int]*program{}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	spec := models.Spec{Classes: data.Classes, Stem: models.StemFor(data.Size), Size: data.Size}
	if s.model, err = models.New(dev, network, spec); err != nil {
		return s, err
	}
	if known > 0 {
		spec.Classes, spec.Frozen = known, true
		if s.before, err = models.New(dev, network, spec); err != nil {
			return s, err
		}
	}
	if p.Student.EMA > 0 {
		if s.average, err = train.NewAverage(dev, s.model, p.Student.EMA); err != nil {
			return s, err
		}
	}
	moments := 2
	if p.Student.Optimiser == protocol.SGD {
		moments = 1
	}
	for _, w := range s.model.Trainable() {
		var state []*graph.Variable
		for k := range moments {
			v, err := graph.NewVariable(dev, fmt.Sprintf("%s.state%d", w.Name(), k), graph.F32, false, w.Shape()...)
			if err != nil {
				return s, err
			}
			state = append(state, v)
		}
		s.state = append(s.state, state)
	}
	if s.counter, err = graph.NewVariable(dev, "counter", graph.U32, false, 1); err != nil {
		return s, err
	}
	if s.losses, err = graph.NewVariable(dev, "losses", graph.F32, false, mostRuns, 1); err != nil {
		return s, err
	}
	for b := range plan.Batches() {
		if n := batchSize(plan, b); s.programs[n] == nil {
			if s.programs[n], err = s.record(n); err != nil {
				return s, err
			}
		}
	}
	s.scorer, err = train.NewScorer(dev, s.tested(), data, min(testBatch, data.Test.Len()))
	return s, err
}

// batchSize is the number of images of batch b of an epoch.
func batchSize(p label.Plan, b int) int { return min(p.Labels.Batch, p.Images-b*p.Labels.Batch) }

// testBatch is how many images are tested at a time, as in the published code.
const testBatch = 256

// begin draws the weights of a seed; the optimiser's state is zero.
func (s *student) begin(seed uint64) error {
	err := s.model.Draw(seed)
	if s.average != nil {
		err = errors.Join(err, s.average.Model.Draw(seed))
	}
	return errors.Join(err, s.forget())
}

// forget sets the optimiser's state to zero.
func (s *student) forget() error {
	for _, state := range s.state {
		for _, v := range state {
			if err := v.Zero(); err != nil {
				return err
			}
		}
	}
	return nil
}

// tested is the network that is tested.
func (s *student) tested() *models.Model {
	if s.average != nil {
		return s.average.Model
	}
	return s.model
}

// ready completes the network that is tested.
func (s *student) ready() error {
	if s.average == nil {
		return nil
	}
	return s.average.Complete()
}

// variables is all that training changes.
func (s *student) variables() []*graph.Variable {
	list := append([]*graph.Variable(nil), s.model.Variables()...)
	for _, state := range s.state {
		list = append(list, state...)
	}
	if s.average != nil {
		list = append(list, s.average.Weights()...)
	}
	return list
}

// bytes is the device memory that the programs hold.
func (s *student) bytes() (n int64) {
	for _, p := range s.programs {
		n += p.exec.Bytes()
	}
	return n
}

func (s *student) close() {
	for _, p := range s.programs {
		if p.exec != nil {
			p.exec.Close()
		}
	}
	if s.scorer != nil {
		s.scorer.Close()
	}
	if s.model != nil {
		s.model.Free()
	}
	if s.before != nil {
		s.before.Free()
	}
	if s.average != nil {
		s.average.Free()
	}
	for _, state := range s.state {
		for _, v := range state {
			v.Free()
		}
	}
	for _, v := range []*graph.Variable{s.counter, s.losses} {
		if v != nil {
			v.Free()
		}
	}
}
