package recipe

import (
	"fmt"
	"math"
	"strings"
)

// Parameter is a setting that may change while a run goes on, because a step reads it and keeps nothing of it.
type Parameter struct {
	Name     string // as Set takes it
	Label    string // in words
	Symbol   string // in the paper
	Group    string // parameters of one group belong together
	Help     string // one sentence
	Value    float64
	Min, Max float64
	Log      bool   // ratios count, not differences
	Whole    bool   // whole numbers only
	Idle     string // why a change has no effect in this recipe, "" where it has one
	put      func(r *Recipe, v float64)
}

// Live lists the parameters of a valid recipe. A bound gives way to a value that the recipe begins with.
func (r Recipe) Live() []Parameter {
	list := []Parameter{
		{Name: "drc.lambda", Label: "complexity against fit", Symbol: "λ", Group: connection, Value: r.DRC.Lambda, Max: 1, Idle: r.idleRetrieval(),
			Help: "Weight of an anchor's complexity against its fit (Eqn 4): at 0 the nearest real image wins, at 1 the plainest.",
			put:  func(r *Recipe, v float64) { r.DRC.Lambda = v }},
		{Name: "alpha", Label: "share that stays", Symbol: "α", Group: connection, Value: r.Alpha, Max: 1, Idle: r.idleConnection(),
			Help: "Share of the synthetic image that stays when its anchor is mixed in at a stage's end (Eqn 6).",
			put:  func(r *Recipe, v float64) { r.Alpha = v }},
		{Name: "pta.lambda_topo", Label: "weight of topology", Symbol: "λ_topo", Group: alignment, Value: r.PTA.LambdaTopo, Max: 10, Log: true, Idle: r.idleTopology(),
			Help: "Weight of the topology loss from the next update on (Eqn 11): at 0 the updates pull nothing.",
			put:  func(r *Recipe, v float64) { r.PTA.LambdaTopo = v }},
		{Name: "pta.every", Label: "steps between updates", Symbol: "T", Group: alignment, Value: float64(r.PTA.Every), Min: 1, Max: float64(r.Steps), Log: true, Whole: true,
			Idle: r.idleTopology(), Help: "Topology updates follow every T-th step of the run, and each stage's last.",
			put: func(r *Recipe, v float64) { r.PTA.Every = int(v) }},
		{Name: "lr", Label: "learning rate", Symbol: "η", Group: optimiser, Value: r.LR, Max: 1, Log: true,
			Help: "Rate that the cosine schedule begins with: a change scales what is left of the schedule.",
			put:  func(r *Recipe, v float64) { r.LR = v }},
		{Name: "bn_weight", Label: "weight of L_BN", Symbol: "λ_BN", Group: optimiser, Value: r.BNWeight, Max: 10, Log: true,
			Help: "Weight of the batch-norm loss against cross-entropy (Eqn 1).",
			put:  func(r *Recipe, v float64) { r.BNWeight = v }},
	}
	for i := range list {
		p := &list[i]
		p.Min, p.Max = min(p.Min, p.Value), max(p.Max, p.Value)
	}
	return list
}

// The groups of parameters.
const (
	connection = "residual connection"
	alignment  = "topology alignment"
	optimiser  = "optimisation"
)

func (r Recipe) idleConnection() string {
	switch {
	case r.Connection == None:
		return "this recipe has no residual connection"
	case r.Stages == 1:
		return "one stage has no residual connection"
	}
	return ""
}

func (r Recipe) idleRetrieval() string {
	if why := r.idleConnection(); why != "" {
		return why
	}
	if r.Connection == Fixed {
		return "this recipe retrieves no anchors: each image comes back to its own patch"
	}
	return ""
}

func (r Recipe) idleTopology() string {
	switch {
	case !r.PTA.On:
		return "this recipe aligns no topology"
	case r.IPC < 2:
		return "PTA is inactive at IPC 1: one synthetic point per class has no shape to compare"
	}
	return ""
}

// With is the recipe with the parameter at a value that Check allows.
func (p Parameter) With(r Recipe, v float64) Recipe {
	p.put(&r, v)
	return r
}

// Find is the parameter of a name.
func Find(list []Parameter, name string) (Parameter, error) {
	var names []string
	for _, p := range list {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Parameter{}, fmt.Errorf("setting %.64q cannot change while a run goes on: want one of %s", name, strings.Join(names, ", "))
}

// Check refuses a value outside the parameter's bounds.
func (p Parameter) Check(v float64) error {
	want := fmt.Sprintf("%v to %v", p.Min, p.Max)
	if p.Whole {
		want = "a whole number, " + want
	}
	if !(v >= p.Min && v <= p.Max) || p.Whole && v != math.Trunc(v) { // a NaN is in no bounds
		return &FieldError{p.Name, v, want, "give a value within these bounds"}
	}
	return nil
}
