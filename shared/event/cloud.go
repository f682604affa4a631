package event

import "fmt"

// Cloud is the feature space of one class: its real and synthetic features, and the filtration of each set (the flag
// complex of its mutual k-NN graph, Eqs 7-9). Positions are pictures: a 2-D PCA of both sets together, the flat shadow
// that keeps most variance, and a map by metric multidimensional scaling, which bends to keep distances. Lengths of edges,
// births and deaths are true distances between features.
type Cloud struct {
	Step      int        `cbor:"1,keyasint"`
	Stage     int        `cbor:"2,keyasint,omitempty"`
	Class     int        `cbor:"3,keyasint"`
	K         int        `cbor:"4,keyasint"` // neighbours of the mutual k-NN graph
	EpsMax    float32    `cbor:"5,keyasint"` // end of the filtration
	Explained [2]float32 `cbor:"6,keyasint"` // share of the variance each axis of the picture shows
	Real      Set        `cbor:"7,keyasint"`
	Syn       Set        `cbor:"8,keyasint"`
	Kappa     [2]float32 `cbor:"9,keyasint"`            // kappa by degree (Eq 9): area of the positive part of real minus synthetic Betti curve
	Active    bool       `cbor:"10,keyasint,omitempty"` // topology alignment moves this class
	Reason    string     `cbor:"11,keyasint,omitempty"` // why it does not
	PCA       *Fidelity  `cbor:"12,keyasint,omitempty"` // of Set.Points
	MDS       *Fidelity  `cbor:"13,keyasint,omitempty"` // of Set.MDS
	Anchors   *Anchors   `cbor:"14,keyasint,omitempty"` // nil before the first residual connection
}

// Fidelity says how far a map can be trusted: how well the distances and neighbours of both sets together survive on it.
type Fidelity struct {
	Stress float32 `cbor:"1,keyasint"` // Kruskal's stress-1 with the best common scale: 0 when distances are proportional, at most 1
	Kept   float32 `cbor:"2,keyasint"` // share of the Cloud's K nearest neighbours in feature space that are among the K nearest on the map
}

// Anchors are the real images that the last residual connection blended into the class's synthetic ones, seen by the
// same features and placed on the same maps. They are part of neither complex: no edge, triangle or bar is theirs, and the
// maps are made without them.
type Anchors struct {
	Points []float32 `cbor:"1,keyasint"`           // x, y of each in the plane of Set.Points
	MDS    []float32 `cbor:"2,keyasint,omitempty"` // x, y of each on the map of Set.MDS: where its distances to all points are kept best
	IDs    []string  `cbor:"3,keyasint"`           // name of each real image
	Image  []int     `cbor:"4,keyasint"`           // synthetic image of the class it was blended into; several may share one real image
	Stage  int       `cbor:"5,keyasint,omitempty"` // the stage that ended with the connection
}

// Set is one of the two sets of a Cloud with its filtration. Indices count within the set.
type Set struct {
	Points    []float32  `cbor:"1,keyasint"`           // x, y of each point
	Edges     []Edge     `cbor:"2,keyasint,omitempty"` // ascending in length
	Triangles []Triangle `cbor:"3,keyasint,omitempty"` // ascending in length
	Bars      []Bar      `cbor:"4,keyasint,omitempty"`
	Index     []int      `cbor:"5,keyasint,omitempty"` // image of the class each point stands for; absent: 0, 1, 2, ...
	MDS       []float32  `cbor:"6,keyasint,omitempty"` // x, y of each point on the second map
	IDs       []string   `cbor:"7,keyasint,omitempty"` // name of the real image each point stands for; synthetic ones have none
}

// Edge joins points I and J and appears at Length.
type Edge struct {
	_      struct{} `cbor:",toarray"`
	I, J   int
	Length float32
}

// Triangle fills points I, J, K and appears at Length, its longest edge.
type Triangle struct {
	_       struct{} `cbor:",toarray"`
	I, J, K int
	Length  float32
}

// Bar is one interval of the persistence diagram.
type Bar struct {
	Degree    int     `cbor:"1,keyasint"`           // 0: component, 1: loop
	Birth     float32 `cbor:"2,keyasint"`           // 0 for a component
	Death     float32 `cbor:"3,keyasint"`           // EpsMax for an essential bar
	Essential bool    `cbor:"4,keyasint,omitempty"` // it never dies
	BirthEdge [2]int  `cbor:"5,keyasint"`           // critical edge (points i, j); equal points: none
	DeathEdge [2]int  `cbor:"6,keyasint"`           // critical edge; equal points: none
}

// Len is the number of points.
func (s Set) Len() int { return len(s.Points) / 2 }

// Betti is the number of bars of a degree alive at eps: born at or before it, not yet dead. Essential bars stay.
func (s Set) Betti(degree int, eps float32) int {
	n := 0
	for _, b := range s.Bars {
		if b.Degree == degree && b.Birth <= eps && (b.Essential || eps < b.Death) {
			n++
		}
	}
	return n
}

// Kind number.
func (Cloud) Kind() Kind { return KindCloud }

func (c Cloud) at() int { return c.Step }

func (c Cloud) item() (class, part int) { return c.Class, 0 }

func (c Cloud) check() error {
	if c.Class < 0 {
		return fmt.Errorf("class %d: want 0 or more", c.Class)
	}
	if err := c.Real.check(); err != nil {
		return fmt.Errorf("real set: %w", err)
	}
	if err := c.Syn.check(); err != nil {
		return fmt.Errorf("synthetic set: %w", err)
	}
	if c.Anchors != nil {
		if err := c.Anchors.check(); err != nil {
			return fmt.Errorf("anchors: %w", err)
		}
	}
	return nil
}

func (s Set) check() error {
	n := s.Len()
	if len(s.Points)%2 != 0 {
		return fmt.Errorf("%d coordinates: want two for each point", len(s.Points))
	}
	if len(s.Index) != 0 && len(s.Index) != n {
		return fmt.Errorf("%d image indices for %d points", len(s.Index), n)
	}
	if len(s.MDS) != 0 && len(s.MDS) != 2*n || len(s.IDs) != 0 && len(s.IDs) != n {
		return fmt.Errorf("%d coordinates of the second map and %d ids for %d points: want none, or two and one each", len(s.MDS), len(s.IDs), n)
	}
	in := func(points ...int) bool {
		for _, i := range points {
			if i < 0 || i >= n {
				return false
			}
		}
		return true
	}
	for _, e := range s.Edges {
		if !in(e.I, e.J) {
			return fmt.Errorf("edge (%d, %d) in a set of %d points", e.I, e.J, n)
		}
	}
	for _, t := range s.Triangles {
		if !in(t.I, t.J, t.K) {
			return fmt.Errorf("triangle (%d, %d, %d) in a set of %d points", t.I, t.J, t.K, n)
		}
	}
	for _, b := range s.Bars {
		if !in(b.BirthEdge[0], b.BirthEdge[1], b.DeathEdge[0], b.DeathEdge[1]) {
			return fmt.Errorf("bar with critical edges %v and %v in a set of %d points", b.BirthEdge, b.DeathEdge, n)
		}
	}
	return nil
}

func (a *Anchors) check() error {
	n := len(a.IDs)
	if len(a.Points) != 2*n || len(a.MDS) != 0 && len(a.MDS) != 2*n || len(a.Image) != n {
		return fmt.Errorf("%d and %d coordinates and %d synthetic images for %d ids: want two of either map (or none of the second) and one image each",
			len(a.Points), len(a.MDS), len(a.Image), n)
	}
	for _, i := range a.Image {
		if i < 0 {
			return fmt.Errorf("blended into image %d: want 0 or more", i)
		}
	}
	if a.Stage < 0 {
		return fmt.Errorf("stage %d: want 0 or more", a.Stage)
	}
	return nil
}

func init() { register[Cloud]("cloud", TopicCloud) }
