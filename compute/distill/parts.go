package distill

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"reta/compute/graph"
	"reta/compute/models"
	"reta/compute/nn"
	"reta/shared/recipe"
	"reta/shared/retrieval"
)

// A recipe composes the loop of these parts, which it names. Start, Ensemble and Loss keep no state of a run; a StageEnd and
// an Alignment are made for each group of classes.
type (
	// Start gives a group its first images.
	Start interface {
		// Images returns the first images. size is the first stage's; they may have another one.
		Images(g *Group, size int) (First, error)
	}

	// Ensemble says which teachers act on a batch.
	Ensemble interface {
		// Acting lists the teachers of a step on a batch, by number, with weights that add to 1. image is Batch.Image.
		Acting(step, image int) []Share
	}

	// Loss is one term of Eqn 1. One that keeps something from step to step is a Keeper too.
	Loss interface {
		// Term records the term, [1], of one teacher's view of a batch.
		Term(v View) *graph.Node
		// Weight is what the term is multiplied by in the next step.
		Weight(r recipe.Recipe) float64
	}

	// Keeper is a part, such as a Loss, that keeps something of a group's run.
	Keeper interface {
		// Begin is called before a stage's first step, or the first one after the run was continued, with the stage's size. It
		// may take long: it listens to ctx.
		Begin(ctx context.Context, g *Group, size int) error
		// State is what a checkpoint keeps for Restore.
		State(g *Group) ([]nn.Tensor, error)
		Restore(g *Group, f *nn.TensorFile) error
		Close()
	}

	// StageEnd is what happens to a group's images between two stages.
	StageEnd interface {
		// Start is given the first images, which a connection may come back to.
		Start(First)
		// Blend returns the group's images at the next stage's size.
		Blend(g *Group, next int) (*Blend, error)
		// State is what a checkpoint keeps for Restore, which is given what State of the same group has kept.
		State(g *Group) []nn.Tensor
		Restore(g *Group, f *nn.TensorFile) error
		Close()
	}

	// Alignment moves sets of images by what they are together.
	Alignment interface {
		// Open records what works on the group's image buffer, which is new.
		Open(g *Group) error
		// Begin is called before a stage's first step, or the first one after the run was continued.
		Begin(g *Group) error
		// Gradient [rows,D*D*3] is added to the gradient of every step's losses; nil adds nothing.
		Gradient() *graph.Variable
		// Points is a table [classes*points,F] where the feature extractor can leave points on the device, nil if nobody wants them.
		Points() *graph.Variable
		// Before is called before a step's batches, After behind them, with Adam's settings.
		Before(g *Group) error
		After(g *Group, hyper []float32) (Topology, error)
		Close()
	}
)

// judge is a StageEnd whose anchors can be judged as retrieval would.
type judge interface {
	Judge(g *Group) ([][]retrieval.Choice, error)
}

// First are a group's first images.
type First struct {
	Pixels  []float32 // [rows,Size,Size,3], normalised
	Size    int
	Origins []int // training image of each row, of the first of its cells; -1 for none

	cells [][]patch // that each row is made of, [cell][row]; nil for none
}

// Share is a teacher's part in a batch.
type Share struct {
	Teacher int
	Weight  float64
}

// View is a batch as one teacher sees it.
type View struct {
	Graph   *graph.Graph
	Recipe  recipe.Recipe
	Teacher int // its number
	Model   *models.Model
	Images  *graph.Node // augmented, [N,D,D,3]
	Output  models.Output
	Labels  *graph.Node // U32 [N], outputs of this teacher
	step    *stepProgram
}

// Prepare has set called before every step on a batch, to write what a term needs of the host.
func (v View) Prepare(set func(e *graph.Exec, r recipe.Recipe, step int, b Batch) error) {
	v.step.prepare = append(v.step.prepare, set)
}

// Update has a step make an update too, of what a term keeps.
func (v View) Update(n *graph.Node) { v.step.updates = append(v.step.updates, n) }

// Blend is what a stage's end did to a group's images, row by row. Before, Anchor, Choices and Distances are there if
// images were blended and somebody watches.
type Blend struct {
	Size                  int                  // D, pixels
	Before, Anchor, After []float32            // [rows,D,D,3]: resampled, the anchors, blended
	Choices               [][]retrieval.Choice // [class][image]: anchors that were retrieved
	Distances             func(Visit) error    // all that the anchors were retrieved among
}

// Visit is given the distances |q-z|^2 of Eqn 4 from each image of one of a group's classes to each candidate, [IPC,longest],
// of which the first len(complexity) of a row count, and the candidates' c(o).
type Visit = func(class int, fit []float32, longest int, complexity []float64) error

// byRow are the retrieved anchors in the order of rows, none where nothing was retrieved.
func (b *Blend) byRow(classes int) []retrieval.Choice {
	if len(b.Choices) == 0 {
		return nil
	}
	list := make([]retrieval.Choice, classes*len(b.Choices[0]))
	for c, images := range b.Choices {
		for i, choice := range images {
			list[i*classes+c] = choice
		}
	}
	return list
}

// The parts by the names that recipes know them by.
var (
	starts    = map[recipe.Start]Start{}
	batchings = map[recipe.Batches]func(*Group) [][]uint32{} // rows of each batch of a step in which all images pass
	ensembles = map[recipe.Ensemble]func(*Group) (Ensemble, error){}
	losses    = map[string]func(*Group) Loss{}
	ends      = map[recipe.Anchor]func(*Group) StageEnd{}
)

// RegisterLoss makes a term of the loss known to recipes, which keeps nothing. A name taken twice panics.
func RegisterLoss(name string, l Loss) { RegisterKeptLoss(name, func(*Group) Loss { return l }) }

// RegisterKeptLoss is RegisterLoss for a term that is made for each group.
func RegisterKeptLoss(name string, open func(*Group) Loss) { register(losses, name, open) }

// RegisterStageEnd makes a stage's end known to recipes. A name taken twice panics.
func RegisterStageEnd(name recipe.Anchor, open func(*Group) StageEnd) { register(ends, name, open) }

func register[K ~string, V any](parts map[K]V, name K, part V) {
	if _, taken := parts[name]; taken {
		panic("distill: " + string(name) + " is registered twice")
	}
	parts[name] = part
}

// parts are those that a recipe names.
type parts struct {
	start    Start
	batching func(*Group) [][]uint32
	ensemble Ensemble
	losses   []Loss
	end      StageEnd
	align    Alignment
	critical *critical // pixels that do not move; nil: all do
	training *training // moves the images; nil: the teachers do
}

// compose opens a group's parts.
func compose(g *Group) (p parts, err error) {
	rec := g.Recipe
	find(&err, "init.start", starts, rec.Init.Start, &p.start)
	find(&err, "batching", batchings, rec.Batching, &p.batching)
	terms := make([]func(*Group) Loss, len(rec.Losses))
	for i, name := range rec.Losses {
		find(&err, "losses", losses, name, &terms[i])
	}
	var end func(*Group) StageEnd
	find(&err, "connection", ends, rec.Connection, &end)
	var ensemble func(*Group) (Ensemble, error)
	find(&err, "ensemble", ensembles, rec.Ensemble, &ensemble)
	if err != nil {
		return p, err
	}
	if p.ensemble, err = ensemble(g); err != nil {
		return p, err
	}
	for _, open := range terms {
		p.losses = append(p.losses, open(g))
	}
	p.end, p.align = end(g), unaligned{}
	if rec.Critical > 0 && rec.Match.By == recipe.ByTeachers {
		p.critical = &critical{}
	}
	if rec.Match.By != recipe.ByTeachers {
		p.training = &training{}
	}
	if rec.PTA.On && rec.IPC > 1 {
		p.align = &pta{}
	}
	return p, nil
}

// keepers are the parts that keep something, but for the stage's end.
func (p parts) keepers() (list []Keeper) {
	if p.training != nil {
		list = append(list, p.training)
	}
	if p.critical != nil {
		list = append(list, p.critical)
	}
	for _, l := range p.losses {
		if k, ok := l.(Keeper); ok {
			list = append(list, k)
		}
	}
	return list
}

// find looks a part up by its name.
func find[K ~string, V any](err *error, setting string, parts map[K]V, name K, to *V) {
	part, ok := parts[name]
	if !ok && *err == nil {
		var names []string
		for _, k := range slices.Sorted(maps.Keys(parts)) {
			names = append(names, string(k))
		}
		*err = fmt.Errorf("recipe: %s = %s: want one of %s", setting, name, strings.Join(names, ", "))
	}
	*to = part
}
