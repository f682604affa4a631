package observe

import (
	"time"

	"reta/compute/distill"
	"reta/compute/nn"
	"reta/shared/event"
)

// Options say where events go, and which are wanted.
type Options struct {
	// Emit receives what happens. It must not block for long.
	Emit func(event.Event)
	// Wants reports whether anybody sees or records a picture; nil: all are.
	Wants func(Picture) bool
	// Shown is the class that viewers look at; nil: the first.
	Shown func() int
}

// Assessment is how the teacher that gives phi sees the un-augmented images, means over batches of one image per class.
type Assessment struct{ CE, BN float64 }

// Observer follows a run. Make it with New.
type Observer struct {
	Options
	// Before and After are the images before the first step and after the last stage, means over the groups that are done.
	Before, After Assessment

	group      *distill.Group // that all below is about
	first, now Assessment     // of the group
	ending     ending         // of the present stage
	maps       featureMaps
	thumbs     thumbnails
	sent       int // bytes of thumbnails, of all groups
	pace       pace
}

var _ distill.Observer = (*Observer)(nil)

// New returns an observer for one run.
func New(o Options) *Observer {
	if o.Shown == nil {
		o.Shown = func() int { return 0 }
	}
	if o.Wants == nil {
		o.Wants = func(Picture) bool { return true }
	}
	return &Observer{Options: o}
}

// Begin opens a stage. Before the first step it assesses and shows the images.
func (o *Observer) Begin(g *distill.Group) error {
	o.follow(g)
	if err := o.thumbs.open(g); err != nil {
		return err
	}
	if g.Step() > 0 {
		return nil
	}
	var start event.Start
	var err error
	if start.End, start.Shape, err = o.measure(g); err != nil {
		return err
	}
	o.first = o.now
	sumUp(&start.End, start.Shape)
	o.Emit(start)
	o.say("start%s, images without augmentation, %s", ofClasses(g), describe(start.End, g.Recipe))
	if err := o.show(g, true); err != nil {
		return err
	}
	return o.showOtherMaps(g, 0)
}

// follow begins with a group that is not the one followed so far.
func (o *Observer) follow(g *distill.Group) {
	if o.group == g {
		return
	}
	o.group = g
	o.maps, o.thumbs, o.pace = newMaps(g), newThumbnails(g), pace{}
}

// Step takes note of a step, and shows the images when it is time.
func (o *Observer) Step(g *distill.Group, s distill.Step) error {
	o.pace.took(s.Duration)
	o.addPoint(g, s)
	return o.show(g, false)
}

// Show shows the images as they are: the run rests.
func (o *Observer) Show(g *distill.Group) error { return o.show(g, true) }

// Done adds a group's assessments to the run's.
func (o *Observer) Done(g *distill.Group) error {
	share := float64(g.Count()) / float64(g.Recovered())
	o.Before.add(o.first, share)
	o.After.add(o.now, share)
	return nil
}

func (a *Assessment) add(b Assessment, share float64) {
	a.CE += share * b.CE
	a.BN += share * b.BN
}

// State keeps the group's assessments.
func (o *Observer) State() []nn.Tensor {
	return []nn.Tensor{{Name: "assessments", Shape: []int{4}, Values: []float64{o.first.CE, o.first.BN, o.now.CE, o.now.BN}}}
}

// Restore reads them back, of a run that was observed so far.
func (o *Observer) Restore(f *nn.TensorFile) error {
	o.first, o.now = Assessment{}, Assessment{}
	if _, ok := f.Info("assessments"); !ok {
		return nil
	}
	a, err := f.Float64("assessments", 4)
	if err == nil {
		o.first, o.now = Assessment{a[0], a[1]}, Assessment{a[2], a[3]}
	}
	return err
}

// assess looks at all images.
func (o *Observer) assess(g *distill.Group) (Assessment, error) {
	f, err := g.AllFeatures()
	return Assessment{f.CE, f.BN}, err
}

// pace decides how often a group is shown: never so often that showing takes more than a small share of the time.
type pace struct {
	points  []event.Point
	sent    time.Time     // of the last metrics
	shown   time.Time     // of the last pictures
	cost    time.Duration // of the last pictures
	perStep time.Duration // smoothed
	stage   time.Duration // spent in steps of this stage
}

const (
	metricsEvery = 100 * time.Millisecond
	imagesEvery  = 250 * time.Millisecond
	showShare    = 30 // one part in so many of the time goes into showing
)

// took records the time of one step.
func (p *pace) took(d time.Duration) {
	p.stage += d
	if p.perStep == 0 {
		p.perStep = d
	}
	p.perStep += (d - p.perStep) / 8
}

// show sends status, images, and the feature space and thumbnails of the class that viewers look at, when it is time or at
// an edge.
func (o *Observer) show(g *distill.Group, edge bool) error {
	p := &o.pace
	if !edge && time.Since(p.shown) < max(imagesEvery, showShare*p.cost) {
		return nil
	}
	began := time.Now()
	o.flush()
	o.status(g)
	if err := o.showImages(g, edge); err != nil {
		return err
	}
	if err := o.showMap(g, edge); err != nil {
		return err
	}
	p.shown = time.Now()
	p.cost = p.shown.Sub(began)
	return nil
}
