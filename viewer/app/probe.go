package app

import (
	"strconv"

	"reta/viewer/figure"
	"reta/viewer/filtration"
	"reta/viewer/scene"
)

// Probe is the state that tests assert on.
type Probe struct {
	Scene      string `json:"scene"`
	Run        string `json:"run"`
	Connection string `json:"connection"`
	State      string `json:"state"`
	Paused     bool   `json:"paused"`
	Step       int    `json:"step"`
	Images     int    `json:"images"`
	ImagesHash string `json:"imagesHash"`
	Moments    int    `json:"moments"`
	LossPoints int    `json:"lossPoints"`
	Squeeze    int    `json:"squeezePoints"`
	Class      int    `json:"class"`

	Eps           float64 `json:"eps"`
	EpsMax        float64 `json:"epsMax"`
	EdgesReal     int     `json:"edgesReal"` // drawn at eps
	EdgesSyn      int     `json:"edgesSyn"`
	TrianglesReal int     `json:"trianglesReal"`
	TrianglesSyn  int     `json:"trianglesSyn"`
	Components    int     `json:"components"` // of the real set
	ComponentsSyn int     `json:"componentsSyn"`
	BettiReal     [2]int  `json:"bettiReal"`
	BettiSyn      [2]int  `json:"bettiSyn"`

	Sandbox *scene.Filtration `json:"sandbox,omitempty"` // while it is open

	Ack     Ack     `json:"ack"`
	Unknown int     `json:"unknown"`
	Frames  int     `json:"frames"` // drawn so far
	Busy    float64 `json:"busy"`   // seconds spent on them
}

// Probe reads the viewer without changing it.
func (v *Viewer) Probe() Probe {
	s, _ := v.Time.Shown()
	p := Probe{Scene: v.SceneName(), Run: strconv.FormatUint(v.Live.Run, 16), Connection: v.Link.State,
		State: string(s.Status.State), Paused: s.Status.State == "paused", Step: s.Step, Images: s.Pictures,
		ImagesHash: strconv.FormatUint(s.Hash(), 16), LossPoints: len(s.Points), Squeeze: len(s.Squeeze),
		Class: v.View.Class(), Ack: v.Ack, Unknown: s.Unknown, Frames: v.frames, Busy: v.Busy}
	for _, class := range s.Tiles {
		for _, t := range class {
			if t != nil && t.Last() != nil {
				p.Moments++
			}
		}
	}
	if s, ok := v.scene().(scene.Prober); ok {
		p.Sandbox = s.Probe(v.Context())
	}
	if c, ok := s.Clouds[v.View.Class()]; ok {
		eps := filtration.EpsIn(&v.View, &c)
		real, syn := figure.FromSet(c.Real, c.EpsMax).At(eps), figure.FromSet(c.Syn, c.EpsMax).At(eps)
		p.Eps, p.EpsMax = float64(eps), float64(c.EpsMax)
		p.EdgesReal, p.TrianglesReal, p.Components, p.BettiReal = real.Edges, real.Triangles, real.Components, real.Betti
		p.EdgesSyn, p.TrianglesSyn, p.ComponentsSyn, p.BettiSyn = syn.Edges, syn.Triangles, syn.Components, syn.Betti
	}
	return p
}
