package recipe

import (
	"fmt"
	"slices"
)

// Method is what a recipe's file says of it beside its settings.
type Method struct {
	About  string // in a phrase
	Source string // publication, code
	// Teachers is the number of teachers that the publication has; 0 and 1: one.
	Teachers int
	// Approximate says what is not published and had to be chosen; "": nothing.
	Approximate string
}

var methods = map[string]Method{}

// describe says what a recipe is. Call it from an init function.
func describe(name string, m Method) { methods[name] = m }

// Describe is what the file of a registered recipe says of it, nothing where it says nothing.
func Describe(name string) Method { return methods[name] }

// convNet is a pass of a ConvNet of 128 channels in passes of a ResNet-18, by multiplications, at 32 and at 64 px.
const convNet = 0.09

// Passes is what a recipe's steps cost: the passes forward and back through a teacher that an image of the given side makes
// on average, counted as such of full size.
// Where training moves the images they are those of the network in training, with the way back through it.
func (r Recipe) Passes(size int) (n float64) {
	switch rows := float64(r.IPC * r.Group); r.Match.By {
	case ByTrajectory: // a step forth, and two and a pass forward on the way back
		seen := rows
		if r.Match.Images > 0 {
			seen = min(seen, float64(r.Match.Images))
		}
		return convNet * float64(r.Steps*r.Match.Inner) * (1 + 2 + 1./3) * seen / rows
	case ByGradient: // the images', the two sides, the real images', and those that the network is trained on
		return convNet * float64(r.Steps) * (3 + float64(r.Match.Real)/float64(r.IPC) + float64(r.Match.Trained)/rows)
	}
	acting := 1.0
	if r.Ensemble == Pair {
		acting = 2
	}
	for i := range r.Stages {
		s := r.Stage(i)
		share := float64(s.Resolution) / float64(size)
		for image := range r.IPC {
			n += float64(max(0, s.End-max(s.First, r.Enters(image)))) * acting * share * share
		}
	}
	return n / float64(r.IPC)
}

// Needs lists what a recipe needs besides images, in words: teachers, and statistics of theirs.
func (r Recipe) Needs() (list []string) {
	switch n := max(r.Teachers(), methods[r.Name].Teachers); {
	case n > 1 && r.Teachers() > 1:
		list = append(list, fmt.Sprintf("%d teachers or more", r.Teachers()))
	case n > 1:
		list = append(list, fmt.Sprintf("%d teachers (1 will do)", n))
	default:
		list = append(list, "a teacher")
	}
	if r.Match.By == ByTrajectory {
		list = append(list, fmt.Sprintf("%d experts, which it trains", r.Match.Experts))
	}
	for _, term := range r.Losses {
		if what := lossNeeds[term]; what != "" && r.Steps > 0 && r.Match.By == ByTeachers {
			list = append(list, what)
		}
	}
	return list
}

// lossNeeds are what terms of the loss compare with; of classes it is measured on the real images before the first step.
var lossNeeds = map[string]string{"bn": "batch norm", StatsLoss: "class statistics", ClassBNLoss: "class statistics", BarycentreLoss: "class barycentres"}

// inSteps are rows of settings that only steps read.
func inSteps(rows []Setting) []Setting {
	rows = slices.Clone(rows)
	for i, row := range rows {
		rows[i].Idle = func(r Recipe) string {
			if why := r.idleSteps(); why != "" || row.Idle == nil {
				return why
			}
			return row.Idle(r)
		}
	}
	return rows
}
