package training

import (
	"fmt"
	"slices"
	"strconv"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/state"
	"reta/viewer/ui"
)

// Panel implements Scene.
func (p *training) Panel(x *scene.Context) panel.Panel {
	v, s := x.View, x.Whole
	out := panel.Panel{panel.Lede("What is minimised, step by step: cross-entropy under the teacher, the distance of batch-norm statistics, and the distance of topology.")}
	if len(x.Points) > 0 && len(x.Squeeze) > 0 {
		out = append(out, panel.Choice{Param: chart.Name(), Label: "Curves", Value: chartOf(x.State, v),
			Options: []panel.Option{{Value: "recover", Text: "Distillation"}, {Value: "squeeze", Text: "Teacher"}}})
	}
	out = append(out, p.reading(x))
	if signs := p.legend(x); len(signs) > 0 {
		out = append(out, signs)
	}
	w := smoothing.Of(v)
	words := "off"
	if w > 0 {
		words = fmt.Sprintf("%.2f", w)
	}
	out = append(out,
		panel.Range{Param: smoothing.Name(), Label: "Smoothing", Max: 0.98, Step: 0.02, Value: w, Text: words},
		panel.Note("The faint line is the raw value of each step. A click in a plot goes to that step; a drag across it shows only the steps between."),
		panel.Toggle{Param: logAxis.Name(), Label: "Logarithmic axis", Value: logAxis.Of(v)},
		panel.Toggle{Param: rateCurve.Name(), Label: "Learning rate", Value: rateCurve.Of(v)})
	from, to, part := p.zoom(v)
	if part {
		out = append(out, panel.Buttons{{Act: "reset", Label: fmt.Sprintf("Show all steps, not just %.0f to %.0f", from, to)}})
	} else {
		from, to = 0, p.last
	}
	out = append(out, panel.Details{ID: "steps", Label: "Part of the steps", Blocks: panel.Panel{
		panel.Number{Param: fromStep.Name(), Label: "From step", Max: p.last, Step: 1, Value: from},
		panel.Number{Param: toStep.Name(), Label: "To step", Max: p.last, Step: 1, Value: to}}})
	if facts := deviceFacts(s, x.Replay); len(facts) > 0 {
		out = append(out, panel.Card{ID: "run", Title: "Run", Blocks: panel.Panel{facts}})
	}
	if s.Work.Total > 0 {
		out = append(out, panel.Card{ID: "work", Title: "Parts", Blocks: workBlocks(s.Work)})
	}
	if e := s.Result; e != nil {
		out = append(out, panel.Card{ID: "result", Title: "Result", Blocks: panel.Panel{panel.Facts{
			{Name: "Images", Value: strconv.Itoa(e.Images)},
			{Name: "Cross-entropy", Value: ui.Number(e.CEBefore) + " → " + ui.Number(e.CEAfter), Wide: true},
			{Name: "Batch norm", Value: ui.Number(e.BNBefore) + " → " + ui.Number(e.BNAfter), Wide: true},
			{Name: "Time", Value: ui.Duration(float64(e.Seconds))},
			{Name: "Folder", Value: panel.Plain(e.Path), Wide: true},
		}}})
	}
	if len(s.Ends) > 0 || s.Start(x.Class()) != nil {
		out = append(out, panel.Details{ID: "stages", Label: "Stages", Blocks: stageTables(x)})
	}
	data := panel.Details{ID: "data", Label: "Data table"}
	if x.Open("data") {
		rows := p.Table(x)
		body := rows[1:]
		slices.Reverse(body)
		data.Blocks = panel.Panel{panel.Table{Head: rows[0], Rows: body[:min(len(body), 200)], Chosen: -1, Scroll: true}}
	}
	return append(out, data)
}

// legend explain what the plots mark.
func (p *training) legend(x *scene.Context) panel.Legend {
	var out panel.Legend
	if chartOf(x.State, x.View) != "recover" {
		return nil
	}
	if slices.ContainsFunc(x.Whole.Ends, func(e event.StageEnd) bool { return e.Anchors > 0 }) {
		out = append(out, panel.Sign{Shape: "diamond", Role: "anchor", Text: "residual connection"})
	}
	if len(x.Whole.ChangesInForce()) > 0 {
		out = append(out, panel.Sign{Shape: "triangle", Role: "ink", Text: "a setting was changed"})
	}
	if !x.Live {
		out = append(out, panel.Sign{Shape: "line", Role: "accent", Text: "step " + strconv.Itoa(x.Step) + ", which you see"})
	}
	return out
}

// workBlocks say how the parts of a phase stand, and who makes which.
func workBlocks(w event.Work) panel.Panel {
	facts := panel.Facts{
		{Name: "Phase", Value: panel.Plain(w.Phase)},
		{Name: "Made", Value: fmt.Sprintf("%d of %d", w.Made, w.Total)},
		{Name: "Waiting", Value: strconv.Itoa(w.Waiting())},
	}
	if w.Failed > 0 {
		facts = append(facts, panel.Fact{Name: "Failed attempts", Value: strconv.Itoa(w.Failed), Role: "bad"})
	}
	if w.Members > 0 {
		facts = append(facts, panel.Fact{Name: "Who make them", Value: strconv.Itoa(w.Members), Title: "devices or workers that are there"})
	}
	if w.PerHour > 0 {
		facts = append(facts, panel.Fact{Name: "Speed", Value: ui.Number(w.PerHour) + " parts/h"})
	}
	if len(w.Parts) == 0 {
		return panel.Panel{facts}
	}
	t := panel.Table{ID: "parts", Head: []string{"Part", "By", "Is", "Done"}, Chosen: -1, Scroll: true, Words: true}
	for _, p := range w.Parts {
		done := ""
		if p.Total > 0 {
			done = fmt.Sprintf("%d/%d", p.Done, p.Total)
		}
		t.Rows = append(t.Rows, []string{panel.Plain(p.Name), panel.Plain(p.By), panel.Plain(string(p.State)), done})
	}
	return panel.Panel{facts, t}
}

// deviceFacts is what computes the run, and how it does.
func deviceFacts(s *state.State, replay bool) panel.Facts {
	var out panel.Facts
	h, st := &s.Hello, &s.Status
	if h.Device != "" {
		out = append(out, panel.Fact{Name: "Device", Value: panel.Plain(h.Device), Wide: true})
	}
	if h.Driver != "" {
		out = append(out, panel.Fact{Name: "Driver", Value: panel.Plain(h.Driver), Wide: true})
	}
	memory := ""
	if st.MemoryBytes > 0 {
		memory = ui.Bytes(float64(st.MemoryBytes))
	}
	if h.DeviceMemory > 0 {
		if memory != "" {
			memory += " of "
		}
		memory += ui.Bytes(float64(h.DeviceMemory))
	}
	if memory != "" {
		out = append(out, panel.Fact{Name: "Memory", Value: memory, Title: "of the device: in use, of all it has", Wide: true})
	}
	working := slices.Contains([]event.State{event.Squeezing, event.Recovering, event.Relabelling, event.Evaluating}, st.State)
	if !replay && working {
		if st.StepsPerSecond > 0 {
			out = append(out, panel.Fact{Name: "Speed", Value: ui.Number(st.StepsPerSecond) + " steps/s"})
			if st.StepsPerSecond < 1 {
				out[len(out)-1].Value = ui.Number(1/st.StepsPerSecond) + " s/step"
			}
		}
		if st.ETASeconds > 0 {
			out = append(out, panel.Fact{Name: "Time left", Value: ui.Duration(float64(st.ETASeconds))})
		}
	}
	return out
}

// stageTables tell what each stage came to. A row moves the timeline to the stage's end.
func stageTables(x *scene.Context) panel.Panel {
	t := panel.Table{ID: "stage-ends", Head: []string{"Stage", "px", "Anchors", "Fit", "κ", "Spread"}, Act: "time:seek", Chosen: -1, Scroll: true}
	terms := panel.Table{ID: "stage-terms", Caption: "What the pixels feel: each loss times its weight, classes of " + panel.Plain(x.ClassName(x.Class())),
		Head: []string{"Stage", "CE", "BN", "Topology"}, Roles: []string{"", "ce", "bn", "topo"}, Chosen: -1, Scroll: true}
	if e := x.Whole.Start(x.Class()); e != nil {
		t.Rows = append(t.Rows, []string{"start", strconv.Itoa(e.End.Resolution), "–", "–", ui.Number(e.End.KappaMean), "–"})
		t.Args = append(t.Args, strconv.Itoa(e.End.Step))
		terms.Rows = append(terms.Rows, []string{"start", ui.Number(e.Shape.Terms.CE), ui.Number(e.Shape.Terms.BN), ui.Number(e.Shape.Terms.Topo)})
		if !x.Live && e.End.Step == x.Step {
			t.Chosen = 0
		}
	}
	for _, e := range x.Whole.Ends {
		spread := "–"
		if e.SpreadBefore > 0 && e.SpreadAfter > 0 {
			spread = ui.Number(float64(e.SpreadAfter / e.SpreadBefore))
		}
		t.Rows = append(t.Rows, []string{strconv.Itoa(e.Stage + 1), strconv.Itoa(e.Resolution), strconv.Itoa(e.Anchors), ui.Number(e.MeanFit), ui.Number(e.KappaMean), spread})
		t.Args = append(t.Args, strconv.Itoa(e.Step))
		if !x.Live && e.Step == x.Step {
			t.Chosen = len(t.Rows) - 1
		}
		if d := x.Whole.Diagnosis(e.Stage, x.Class()); d != nil {
			terms.Rows = append(terms.Rows, []string{strconv.Itoa(e.Stage + 1), ui.Number(d.Terms.CE), ui.Number(d.Terms.BN), ui.Number(d.Terms.Topo)})
		}
	}
	out := panel.Panel{t, panel.Note("κ: pull-to-anchor, mean over classes. Spread: mean distance inside a class after the connection, over before.")}
	if len(terms.Rows) > 0 {
		out = append(out, terms)
	}
	return out
}

// reading is the values under the pointer, at the step of the timeline, or of the latest step.
func (p *training) reading(x *scene.Context) panel.Table {
	t := panel.Table{Caption: "Latest step", Roles: []string{"total", "ce", "bn", "topo", "muted"}, ByRow: true, Chosen: -1}
	if chartOf(x.State, x.View) == "squeeze" {
		t.Roles = []string{"ce", "bn", "muted"}
	}
	for i, k := range shownCurves(x) {
		value := "–"
		if len(k.raw) > 0 {
			at := k.raw[p.index(k.raw, x)]
			value = ui.Number(at.Y)
			if k.unit {
				value = fmt.Sprintf("%.1f %%", 100*at.Y)
			}
			if i == 0 {
				t.Caption = "Step " + strconv.Itoa(int(at.X))
			}
		}
		t.Rows = append(t.Rows, []string{k.name, value})
	}
	return t
}

// Table implements Tabler.
func (p *training) Table(x *scene.Context) [][]string {
	if chartOf(x.State, x.View) == "squeeze" {
		rows := [][]string{{"Step", "Epoch", "Loss", "Accuracy", "Learning rate"}}
		for _, p := range x.Squeeze {
			rows = append(rows, []string{strconv.Itoa(p.Step), strconv.Itoa(p.Epoch), ui.Number(p.Loss), ui.Number(p.Accuracy), ui.Number(p.LR)})
		}
		return rows
	}
	rows := [][]string{{"Step", "Total", "CE", "BN", "Topology", "Learning rate"}}
	for _, p := range x.Points {
		rows = append(rows, []string{strconv.Itoa(p.Step), ui.Number(p.Total), ui.Number(p.CE), ui.Number(p.BN), ui.Number(p.Topo), ui.Number(p.LR)})
	}
	return rows
}
