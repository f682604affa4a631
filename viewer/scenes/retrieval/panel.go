package retrieval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"reta/shared/event"
	"reta/viewer/panel"
	"reta/viewer/scene"
	"reta/viewer/ui"
)

// rankShared is the different anchors, those of most images first, then in the order of the first image that took each.
func rankShared(ids []string, times map[string]int) (list []string) {
	seen := map[string]bool{"": true}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(times[b], times[a]) })
	return list
}

// Panel implements Scene.
func (g *ranking) Panel(x *scene.Context) panel.Panel {
	list := panel.Panel{panel.Lede("At the end of a stage each [syn|synthetic] image is given a real one to be mixed with, its [anchor|anchor]: the candidate with the least J = (1 − λ) · fit + λ · complexity (Eqn 4). *Fit*: how far apart the two are in the teacher's feature space. *Complexity*: how busy the real image is.")}
	if !g.load(x) {
		return list
	}
	r := x.Ranks[x.Class()]
	l, w := g.list, g.lambda(x)
	text := ui.Number(w)
	if g.isRunLambda(x) {
		text += ", the run's"
	}
	ticks := []panel.Tick{{At: l.lambda, Role: "anchor"}}
	for _, b := range g.bands[min(1, len(g.bands)):] {
		ticks = append(ticks, panel.Tick{At: b.from, Role: "accent"})
	}
	list = append(list,
		panel.Range{Param: lambda.Name(), Label: "λ, the weight of complexity", Max: 1, Step: 0.001, Value: w, Text: text, Ticks: ticks, Help: "Ticks mark where another candidate wins."},
		panel.Buttons{{Act: "rank-change", Arg: "-1", Label: "‹ Change", Title: "Previous λ at which the winner changes"}, {Act: "rank-change", Arg: "1", Label: "Change ›", Title: "Next λ at which the winner changes"},
			{Act: "rank-own", Label: "Run's λ", Disabled: lambda.Of(x.View) < 0}},
		panel.Choice{Param: rankShow.Name(), Label: "Shown", Value: rankShow.Of(x.View), Options: []panel.Option{{Value: "image", Text: "One image"}, {Value: "class", Text: "The class"}}},
		g.card(x, &r))
	rows := g.Table(x)
	order := l.order(w)
	args := make([]string, len(order))
	for i, k := range order {
		args[i] = strconv.Itoa(k)
	}
	table := panel.Table{ID: "candidates", Caption: "Candidates, best first", Head: rows[0][:5], Chosen: slices.Index(order, l.winner(w)), Act: "rank-light", Args: args, Scroll: true}
	for _, row := range rows[1:] {
		table.Rows = append(table.Rows, row[:5])
	}
	list = append(list, table, g.shares(x))
	return append(list, g.caveats(x, &r)...)
}

// card is the chosen image and its winner.
func (g *ranking) card(x *scene.Context, r *event.Retrieval) panel.Block {
	l, w := g.list, g.lambda(x)
	card := panel.Card{Title: x.ClassName(x.Class()) + "  #" + strconv.Itoa(g.key.image), Buttons: []panel.Button{
		{Act: "rank-image", Arg: "-1", Label: "‹", Name: "Previous image", Disabled: g.key.image == 0},
		{Act: "rank-image", Arg: "1", Label: "›", Name: "Next image", Disabled: g.key.image >= len(r.Candidates)-1}}}
	winner := l.winner(w)
	if winner < 0 {
		card.Blocks = panel.Panel{panel.Note("Every candidate sent is the image's own patch, and the run forbids that one.")}
		return card
	}
	k := l.all[winner]
	score, _ := l.score(winner, w)
	facts := panel.Facts{{Name: "Best at this λ", Value: imageName(k.ID), Wide: true, Title: k.ID}, {Name: "J", Value: ui.Number(score)},
		{Name: "Fit", Value: ui.Number(k.Fit), Title: "Squared distance of the features, both of length 1"}, {Name: "Complexity", Value: ui.Number(k.Complexity), Title: "Variance of the smoothed gradient energy, Eqn 5"}}
	card.Blocks = panel.Panel{facts}
	if k.Own {
		card.Blocks = append(card.Blocks, panel.Note("*Self-retrieval*: the image began as a patch of this very one, so mixing brings it back towards its start."))
	}
	if l.chosen >= 0 && l.chosen < len(l.all) {
		words := "The run took " + panel.Plain(imageName(l.all[l.chosen].ID)) + " at λ " + ui.Number(l.lambda)
		switch best := l.winner(l.lambda); {
		case best == l.chosen:
			words += ", the best there."
		case r.NoRepeat:
			words += ". That is not the best there: in this run no anchor may be taken twice in a class, and the *sum* over the class was made least."
		default:
			words += "."
		}
		card.Blocks = append(card.Blocks, panel.Note(words))
	}
	return card
}

// shares says which images take the same anchor.
func (g *ranking) shares(x *scene.Context) panel.Block {
	ids, times := g.anchorsTaken(x)
	who := map[string][]string{}
	for i, id := range ids {
		who[id] = append(who[id], "#"+strconv.Itoa(i))
	}
	var rows [][]string
	sharing := 0
	for _, id := range rankShared(ids, times) {
		if times[id] > 1 {
			sharing += times[id]
			rows = append(rows, []string{imageName(id), strings.Join(who[id], " ")})
		}
	}
	if len(rows) == 0 {
		return panel.Note("No two images of the class share an anchor at this λ.")
	}
	most := "Collisions: " + strconv.Itoa(sharing) + " of " + strconv.Itoa(len(ids)) + " images share an anchor with another"
	return panel.Details{ID: "rank-shared", Label: most, Open: true, Blocks: panel.Panel{
		panel.Table{Head: []string{"Anchor", "Taken by"}, Rows: rows, Chosen: -1, Scroll: true},
		panel.Note("Images of one anchor are drawn together by the connection: see *Pull to anchor*.")}}
}

// caveats says what the stage did in all classes, what was sent and on which scale.
func (g *ranking) caveats(x *scene.Context, r *event.Retrieval) panel.Panel {
	var list panel.Panel
	for _, e := range x.Ends {
		if e.Stage == r.Stage && e.Anchors > 0 {
			list = append(list, panel.Note(fmt.Sprintf("Stage %d, all classes: %s %% of the images share their anchor with another of their class, %s %% took the patch they began as (self-retrieval).",
				e.Stage+1, ui.Number(math.Round(float64(e.CollisionRate)*100)), ui.Number(math.Round(float64(e.SelfRetrieval)*100)))))
		}
	}
	if !g.list.hasScale {
		return append(list, panel.Note(fmt.Sprintf("The server sent %s of this image, the best at λ %s, without the scale that the run weighs them on. Here fit and complexity run from the least to the largest *of those sent in the class*; at another λ a candidate that was not sent may win.",
			ui.Count(len(g.list.all), "candidate"), ui.Number(g.list.lambda))))
	}
	words := fmt.Sprintf("Sent: the best %d of %d at the run's λ, and every other that wins at some λ. So the winner is that of the whole pool at every λ; the places behind it are those among the candidates sent. Scale: %s.",
		min(r.Top, len(g.list.all)), r.Pool, panel.Plain(rankScale(r.Scale)))
	if r.ExcludeSelf {
		words += " No image may take its own patch."
	}
	list = append(list, panel.Note(words))
	if r.NoRepeat {
		list = append(list, panel.Note("In this run no anchor is taken twice in a class. At another λ than the run's each image is shown with its own best, as if it chose alone."))
	}
	return list
}

// rankScale is how the two terms are made comparable, in words.
func rankScale(name string) string {
	switch name {
	case "percentile":
		return "fit from its least to its 95th percentile, log complexity from its 5th to its 95th, both cut to 0 to 1"
	case "raw":
		return "none, Eqn 4 to the letter: complexity is so small that it decides nothing below λ 1"
	case "zscore":
		return "mean 0 and deviation 1"
	case "rank":
		return "place in the class, 0 to 1"
	}
	return name
}

// Table implements Tabler.
func (g *ranking) Table(x *scene.Context) [][]string {
	rows := [][]string{{"Rank", "Candidate", "J", "Fit", "Complexity", "Fit, scaled", "Complexity, scaled", "Own patch", "Anchor of the run", "Image"}}
	if !g.load(x) {
		return rows
	}
	mark := map[bool]string{true: "yes", false: "no"}
	for rank, i := range g.list.order(g.lambda(x)) {
		c := g.list.all[i]
		score, _ := g.list.score(i, g.lambda(x))
		rows = append(rows, []string{strconv.Itoa(rank + 1), imageName(c.ID), ui.Number(score), ui.Number(c.Fit), ui.Number(c.Complexity),
			ui.Number(g.list.fit[i]), ui.Number(g.list.complexity[i]), mark[c.Own], mark[i == g.list.chosen], strconv.Itoa(g.key.image)})
	}
	return rows
}

// Label implements Labeller.
func (g *ranking) Label(x *scene.Context) string {
	if !g.load(x) {
		return "Retrieval"
	}
	winner, name := g.list.winner(g.lambda(x)), "none"
	if winner >= 0 {
		name = imageName(g.list.all[winner].ID)
	}
	return fmt.Sprintf("Candidates for image %d of %s at lambda %s: %d ranked, the winner is %s; over all lambda the winner changes %d times",
		g.key.image, x.ClassName(x.Class()), ui.Number(g.lambda(x)), len(g.list.all), name, max(len(g.bands)-1, 0))
}

// Empty implements Idler.
func (g *ranking) Empty(x *scene.Context) *scene.Empty {
	if g.load(x) {
		return nil
	}
	name := "“" + x.ClassName(x.Class()) + "”"
	if _, told := x.Ranks[x.Class()]; told {
		return &scene.Empty{Head: "No candidates", Body: "The connection scored no candidate for this image of " + name + "."}
	}
	if t := x.Tile(x.Class(), 0); t != nil && t.Last() != nil {
		return &scene.Empty{Head: "No retrieval in this run", Body: "Anchors were mixed in, but no candidates were scored for " + name + ": the recipe keeps each image's anchor fixed, or the server does not tell."}
	}
	return &scene.Empty{Head: "No connection yet", Body: "Candidates for " + name + " are scored when the first stage ends. " + x.Waiting()}
}
