package event

// Item names one item of the present state, or of a recording: its newest event takes the place of the older ones.
// Class is AllClasses where it belongs to no class; Part distinguishes the items of one kind and class: the first image
// of a block, a stage, a stage of a group of classes.
type Item struct {
	Kind  Kind
	Class int
	Part  int
}

// Optional sides of an event that say what it replaces and since when it holds. A kind's own file has them.
type (
	itemised interface{ item() (class, part int) } // without it a kind is one item
	joined   interface{ joins() }                  // its events add up instead of replacing each other
	placed   interface{ placed() }                 // it holds from its place in a log on, though it names a step
)

// ItemOf is the item an event is the state of.
func ItemOf(e Event) Item {
	x := Item{Kind: e.Kind(), Class: AllClasses}
	if i, ok := e.(itemised); ok {
		x.Class, x.Part = i.item()
	}
	return x
}

// Joins reports that all events of the kind count, not the newest alone: losses, lines of the log.
func (k Kind) Joins() bool { return kinds[k].joins }

// Placed reports that the kind holds from its place in a log on, whatever step it names: what the run was doing, what it
// said. The others hold from their step on.
func (k Kind) Placed() bool { r, ok := kinds[k]; return !ok || r.placed }

// sized is an event whose images a server may halve for a viewer that wants them small.
type sized interface{ side() int }

// Side is the longer side of an event's images in pixels where a server may send them halved, else 0.
func Side(e Event) int {
	if s, ok := e.(sized); ok {
		return s.side()
	}
	return 0
}

func (i Images) side() int   { return max(i.Width, i.Height) }
func (r Residual) side() int { return max(r.Width, r.Height) }
