package lessons

import (
	"math"
	"math/rand/v2"

	"reta/shared/event"
	"reta/viewer/ui"
)

// Measures of the lesson's small world: a plane with three classes, each an arm of a spiral, and networks that tell them apart.
const (
	armClasses  = 3
	armPoints   = 80 // real points of a class
	armTests    = 60 // test points of a class
	armNoise    = 0.12
	setPoints   = 3   // of a class in a small set
	viewNoise   = 0.2 // how far a view lies from its point
	temperature = 4.0
	seeds       = 16
	armEpochs   = 20
)

// armNetwork is random waves (Rahimi and Recht 2007) and a linear layer over them, trained by gradient descent.
type armNetwork struct {
	x, y, phase [waves]float64
	weights     [armClasses][waves + 1]float64
}

const waves = 32

type waveValues [waves + 1]float64

func newArmNetwork(seed uint64) *armNetwork {
	n, rng := &armNetwork{}, rand.New(rand.NewPCG(seed, 5))
	for i := range waves {
		n.x[i], n.y[i], n.phase[i] = 4*rng.NormFloat64(), 4*rng.NormFloat64(), 2*math.Pi*rng.Float64()
	}
	return n
}

func (n *armNetwork) values(p ui.Point) (f waveValues) {
	scale := math.Sqrt(2.0 / waves)
	for i := range waves {
		f[i] = scale * math.Cos(n.x[i]*p.X+n.y[i]*p.Y+n.phase[i])
	}
	f[waves] = 1
	return f
}

func (n *armNetwork) logits(f *waveValues) (z [armClasses]float64) {
	for c := range armClasses {
		for i, v := range f {
			z[c] += n.weights[c][i] * v
		}
	}
	return z
}

// answer is the class of the largest logit at p.
func (n *armNetwork) answer(p ui.Point) int {
	f := n.values(p)
	best, z := 0, n.logits(&f)
	for c := range z {
		if z[c] > z[best] {
			best = c
		}
	}
	return best
}

// label is the soft label at p: softmax(logits/T).
func (n *armNetwork) label(p ui.Point, temperature float64) [armClasses]float64 {
	f := n.values(p)
	return softmax(n.logits(&f), temperature)
}

func softmax(z [armClasses]float64, temperature float64) (p [armClasses]float64) {
	most, sum := max(z[0], z[1], z[2]), 0.0
	for c := range z {
		p[c] = math.Exp((z[c] - most) / temperature)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
	return p
}

// learn makes a step towards a target at p, by the gradient of the cross-entropy times T.
func (n *armNetwork) learn(p ui.Point, target [armClasses]float64, temperature float64) {
	f := n.values(p)
	q := softmax(n.logits(&f), temperature)
	for c := range armClasses {
		g := 0.5 * temperature * (q[c] - target[c])
		for i, v := range f {
			n.weights[c][i] -= g * v
		}
	}
}

// labelled is points of known class.
type labelled struct {
	points []ui.Point
	class  []int
}

func (s *labelled) add(p ui.Point, class int) {
	s.points, s.class = append(s.points, p), append(s.class, class)
}

// world is the lesson's real points, test points, teacher, and the trials of its students.
type world struct {
	real, test labelled
	teacher    *armNetwork
	trials     []event.Trial
}

// arm draws a point of a class's arm.
func arm(rng *rand.Rand, class int) ui.Point {
	u := rng.Float64()
	a, r := 2*math.Pi*float64(class)/armClasses+2.6*u, 0.25+0.75*u
	return ui.Point{X: r*math.Cos(a) + armNoise*rng.NormFloat64(), Y: r*math.Sin(a) + armNoise*rng.NormFloat64()}
}

// newWorld makes the world and trains its teacher.
func newWorld() *world {
	w, rng := &world{}, rand.New(rand.NewPCG(1, 1))
	for class := range armClasses {
		for range armPoints {
			w.real.add(arm(rng, class), class)
		}
	}
	for class := range armClasses {
		for range armTests {
			w.test.add(arm(rng, class), class)
		}
	}
	w.teacher = newArmNetwork(99)
	for range armEpochs {
		for _, i := range rng.Perm(len(w.real.points)) {
			w.teacher.learn(w.real.points[i], hard(w.real.class[i]), 1)
		}
	}
	return w
}

// set is what a seed's student is trained on: every small set is drawn anew for each seed.
func (w *world) set(images string, seed int) labelled {
	switch images {
	case event.AllReal:
		return w.real
	case event.Distilled:
		return w.centres(w.sample(seed))
	}
	return w.sample(seed)
}

// hard is the label that names a class.
func hard(class int) (t [armClasses]float64) { t[class] = 1; return t }

// sample is a few real points of each class, at random.
func (w *world) sample(seed int) (s labelled) {
	rng := rand.New(rand.NewPCG(uint64(seed), 7))
	for class := range armClasses {
		for _, k := range rng.Perm(armPoints)[:setPoints] {
			s.add(w.real.points[armPoints*class+k], class)
		}
	}
	return s
}

// centres moves points to the means of the real points of their class that are nearest to each, ten times over (k-means).
func (w *world) centres(s labelled) labelled {
	out := labelled{append([]ui.Point(nil), s.points...), s.class}
	for range 10 {
		sums, counts := make([]ui.Point, len(out.points)), make([]float64, len(out.points))
		for i, p := range w.real.points {
			first := setPoints * w.real.class[i]
			best := first
			for k := first; k < first+setPoints; k++ {
				if a, b := out.points[k].Sub(p), out.points[best].Sub(p); math.Hypot(a.X, a.Y) < math.Hypot(b.X, b.Y) {
					best = k
				}
			}
			sums[best], counts[best] = sums[best].Add(p), counts[best]+1
		}
		for k := range out.points {
			if counts[k] > 0 {
				out.points[k] = ui.Point{X: sums[k].X / counts[k], Y: sums[k].Y / counts[k]}
			}
		}
	}
	return out
}

// student trains one on a set, and calls after with it before the first and behind each epoch.
func (w *world) student(images, labels string, seed, epochs int, after func(epoch int, n *armNetwork)) {
	n, rng, set := newArmNetwork(uint64(1000+seed)), rand.New(rand.NewPCG(uint64(seed), 11)), w.set(images, seed)
	after(0, n)
	for epoch := 1; epoch <= epochs; epoch++ {
		for _, i := range rng.Perm(len(set.points)) {
			p := w.view(set.points[i], rng)
			if labels == event.SoftLabels {
				n.learn(p, w.teacher.label(p, temperature), temperature)
			} else {
				n.learn(p, hard(set.class[i]), 1)
			}
		}
		after(epoch, n)
	}
}

// view is a place beside a point, as a crop is an image beside an image.
func (w *world) view(p ui.Point, rng *rand.Rand) ui.Point {
	return p.Add(ui.Point{X: viewNoise * rng.NormFloat64(), Y: viewNoise * rng.NormFloat64()})
}

// accuracy is the share of every so manieth test point that a network answers right.
func (w *world) accuracy(n *armNetwork, every int) float64 {
	right, asked := 0, 0
	for i := 0; i < len(w.test.points); i += every {
		asked++
		if n.answer(w.test.points[i]) == w.test.class[i] {
			right++
		}
	}
	return float64(right) / float64(asked)
}

// train trains as many students on a set and adds their trials.
func (w *world) train(images, labels string, students, epochs int) {
	for seed := 1; seed <= students; seed++ {
		t := event.Trial{Images: images, Labels: labels, Student: "toy", Seed: seed, State: event.Trained,
			Count: len(w.set(images, seed).points), Epoch: epochs, Epochs: epochs}
		w.student(images, labels, seed, epochs, func(epoch int, n *armNetwork) {
			if epoch == epochs {
				t.Last = float32(w.accuracy(n, 1))
			}
		})
		w.trials = append(w.trials, t)
	}
}

// newTaughtWorld is the world with all its students.
func newTaughtWorld() *world {
	w := newWorld()
	for _, labels := range []string{event.HardLabels, event.SoftLabels} {
		for _, images := range []string{event.Distilled, event.Random} {
			w.train(images, labels, seeds, armEpochs)
		}
	}
	w.train(event.AllReal, event.HardLabels, 4, 4)
	return w
}

// first is the trials of the first n seeds.
func (w *world) first(n int) (list []event.Trial) {
	for _, t := range w.trials {
		if t.Seed <= n {
			list = append(list, t)
		}
	}
	return list
}

// accuracies are those of a student with made points and soft labels, by epoch, on a third of the test points.
func (w *world) accuracies(seed int) (curve []float64) {
	w.student(event.Distilled, event.SoftLabels, seed, armEpochs, func(_ int, n *armNetwork) { curve = append(curve, w.accuracy(n, 3)) })
	return curve
}

// doubtful is the real point whose two most probable classes are nearest to each other.
func (w *world) doubtful() int {
	best, least := 0, 1.0
	for i, p := range w.real.points {
		label := w.teacher.label(p, 1)
		own, other := label[w.real.class[i]], 0.0
		for c, v := range label {
			if c != w.real.class[i] {
				other = max(other, v)
			}
		}
		if gap := own - other; gap > 0.2 && gap < least {
			best, least = i, gap
		}
	}
	return best
}
