package observe

import (
	"fmt"
	"math"
	"time"

	"reta/compute/distill"
	"reta/shared/event"
)

// addPoint adds a step to the curves and sends what has gathered.
func (o *Observer) addPoint(g *distill.Group, s distill.Step) {
	topo := math.NaN()
	if s.Topology.Updated {
		topo = s.Topology.Loss
	}
	o.pace.points = append(o.pace.points, event.Point{
		Step: s.Index + 1, Stage: s.Stage, LR: float32(s.LR), CE: term(s, "ce"), BN: term(s, "bn"),
		Topo: float32(topo), Total: float32(s.Total + s.Topology.Weighted),
	})
	if time.Since(o.pace.sent) >= metricsEvery || s.Index == g.Recipe.Steps-1 {
		o.flush()
	}
}

// term is the value of a term of the loss, NaN where the loss has none of that name.
func term(s distill.Step, name string) float32 {
	for _, t := range s.Terms {
		if t.Name == name {
			return float32(t.Value)
		}
	}
	return float32(math.NaN())
}

func (o *Observer) flush() {
	p := &o.pace
	if len(p.points) > 0 {
		o.Emit(event.Metrics{Points: p.points})
		p.points, p.sent = nil, time.Now()
	}
}

func (o *Observer) status(g *distill.Group) {
	at, groups := g.Place()
	s := event.Status{
		State: event.Recovering, Phase: "recover", Stage: shownStage(g), Step: g.Step(), MemoryBytes: g.MemoryUsed(),
		Done: at*g.Recipe.Steps + g.Step(), Total: groups * g.Recipe.Steps,
	}
	if o.pace.perStep > 0 {
		s.StepsPerSecond = float32(time.Second) / float32(o.pace.perStep)
		s.ETASeconds = float32(s.Total-s.Done) / s.StepsPerSecond
	}
	o.Emit(s)
}

// say adds a line to the run's log.
func (o *Observer) say(format string, args ...any) {
	o.Emit(event.Log{Text: fmt.Sprintf(format, args...)})
}

func (o *Observer) warn(format string, args ...any) {
	o.Emit(event.Log{Level: event.Warning, Text: fmt.Sprintf(format, args...)})
}
