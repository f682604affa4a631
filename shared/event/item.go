package event

// Item names one thing of the present state: its newest event takes the place of the older ones, in the hub, in a
// viewer and in a recording.
type Item struct {
	Kind  Kind
	Class int // AllClasses when the item belongs to no class
	Part  int // first image of a block, stage number, both for a group of classes
}

// itemed is an event of which there is more than one item.
type itemed interface{ item() (class, part int) }

// ItemOf gives the item an event is the newest form of.
func ItemOf(e Event) Item {
	if i, ok := e.(itemed); ok {
		class, part := i.item()
		return Item{e.Kind(), class, part}
	}
	return Item{e.Kind(), AllClasses, 0}
}

func (i Images) item() (class, part int)    { return i.Class, i.First }
func (r Residual) item() (class, part int)  { return r.Class, 0 }
func (c Cloud) item() (class, part int)     { return c.Class, 0 }
func (r Retrieval) item() (class, part int) { return r.Class, 0 }
func (s StageEnd) item() (class, part int)  { return AllClasses, s.Stage }
func (d Diagnosis) item() (class, part int) { return AllClasses, d.First*MaxStages + d.Stage }

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
