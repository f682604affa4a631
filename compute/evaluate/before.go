package evaluate

import (
	"errors"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/protocol"
)

// Before is a network that a student goes on from when classes are added: the student begins with its weights, and is to answer as
// it does for the classes that it knows (learning without forgetting, Li and Hoiem 2017). To the loss of the labels is added the
// same kind of loss, of the outputs for these classes against the network's own on the same views.
type Before struct {
	Classes int    // that it knows: the first of the student's
	Weights string // a Job's file of the trained student
	Key     string // of the trial that it came of
}

// keptTemperature is that of the divergence from the network before where labels are hard: IDC's.
const keptTemperature = 2

// kept is what the loss of a micro-batch x with the student's logits has of the network before: the divergence at the protocol's
// temperature or the squared error of logits, as of soft labels; with hard ones the divergence at temperature 2, times its square.
func (s *student) kept(g *graph.Graph, x, logits *graph.Node) (term *graph.Node) {
	g.Scope("before", func() {
		before := s.before.Forward(x, models.Eval).Logits
		old := nn.SliceChannels(logits, 0, s.before.Spec.Classes)
		switch t := s.protocol.Student; t.Loss {
		case protocol.KL:
			term = nn.KLDiv(old, before, t.Temperature)
		case protocol.MSE:
			term = nn.MSELoss(old, before)
		default:
			term = nn.Scale(nn.KLDiv(old, before, keptTemperature), keptTemperature*keptTemperature)
		}
	})
	return term
}

// goOn gives the student the weights of the network before; what its further classes have stays as it was drawn.
func (s *student) goOn() error {
	to := []*models.Model{s.model}
	if s.average != nil {
		to = append(to, s.average.Model)
	}
	for i, v := range s.before.Variables() {
		old, err := v.Read()
		for _, m := range to {
			if err == nil {
				err = writeFirst(m.Variables()[i], old)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeFirst writes the first elements of a variable: rows of the classifier, or all of another layer.
func writeFirst(v *graph.Variable, first []float32) error {
	all, err := v.Read()
	copy(all, first)
	return errors.Join(err, v.Write(all))
}

// Before is the trained student of a trial, which Keep keeps, as one that another goes on from.
func (j *Job) Before(t Trial) *Before {
	return &Before{Classes: j.Data.Classes, Weights: j.file(t, weightsFile), Key: j.key(t)}
}
