package label

import (
	"context"
	"fmt"
	"math"
	"time"

	"reta/compute/graph"
	"reta/compute/vk"
	"reta/shared/event"
)

// Relabel labels all views of a job and keeps the labels in a folder. Before it labels anything it compares the store's size
// with the disk's free space; it emits a forecast of size and time, progress and what is to be shown. Stopped at any moment, it goes on where it
// was when it is called again, and the files are the same to the byte (ErrOther: the folder holds other labels). Program is
// the version that a new store names.
func Relabel(ctx context.Context, dev *vk.Device, job Job, dir, program string, emit func(event.Event)) (*Store, error) {
	m, err := job.manifest(program)
	if err != nil {
		return nil, err
	}
	if err := checkDisk(dir, m); err != nil {
		return nil, err
	}
	w, err := NewWriter(dir, m)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	_, end := m.Epochs()
	made := w.Next() < end
	if made {
		if err := fill(ctx, dev, job, w, end, emit); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	s, err := Open(dir)
	if err != nil || made || !job.Shown || m.Part() {
		return s, err
	}
	plan, err := s.Manifest.Plan()
	if err != nil {
		return nil, err
	}
	return s, Show(ctx, dev, plan, job.Images, s, job.Temperature, emit)
}

// fill labels the epochs that a store lacks before the one that it ends with.
func fill(ctx context.Context, dev *vk.Device, job Job, w *Writer, end int, emit func(event.Event)) error {
	t, err := NewTeachers(dev, job)
	if err != nil {
		return err
	}
	defer t.Close()
	var show *shower
	if job.Shown {
		show = newShower(dev, t.plan, job.Images, w.Next(), end, job.Temperature, emit)
		defer show.close()
	}
	p := newProgress(w, t.plan, emit)
	logits := make([]float32, t.plan.Images*t.Classes())
	for w.Next() < end {
		if err := t.epoch(ctx, w.Next(), logits, p.batch); err != nil {
			return err
		}
		epoch := w.Next()
		if err := w.Add(logits); err != nil {
			return err
		}
		if err := show.epoch(ctx, epoch, logits); err != nil {
			return err
		}
	}
	return nil
}

// epoch labels the views of an epoch; made is called after each batch. While the device labels one batch the next is prepared.
func (t *Teachers) epoch(ctx context.Context, epoch int, logits []float32, made func()) error {
	for i := range logits {
		logits[i] = float32(math.NaN()) // of images that the epoch leaves out
	}
	classes := t.Classes()
	var ahead []labelling
	collect := func(most int) error {
		for ; len(ahead) > most; ahead = ahead[1:] {
			rows, err := t.collect(ctx, ahead[0])
			if err != nil {
				return err
			}
			for k, i := range ahead[0].view.Index {
				copy(logits[i*classes:(i+1)*classes], rows[k*classes:])
			}
			made()
		}
		return nil
	}
	for _, v := range t.plan.Epoch(epoch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := t.launch(ctx, v)
		if err != nil {
			return err
		}
		ahead = append(ahead, b)
		if err := collect(graph.InFlight - 1); err != nil {
			return err
		}
	}
	return collect(0)
}

// progress emits how far labelling has come.
type progress struct {
	emit        func(event.Event)
	what        string // the store in words
	done, total int    // batches
	before      int    // done when it began
	second      time.Time
	last        time.Time
}

func newProgress(w *Writer, plan Plan, emit func(event.Event)) *progress {
	first, _ := w.m.Epochs()
	there := w.Next() - first
	p := &progress{emit: emit, what: w.m.String(), done: there * plan.Batches(), total: w.m.count() * plan.Batches()}
	p.before = p.done
	if there > 0 {
		emit(event.Log{Text: fmt.Sprintf("labels: %d of %d epochs are there, continuing", there, w.m.count())})
	}
	return p
}

// batch counts a batch. The first of a run compiles and is not timed; after the second there is a forecast.
func (p *progress) batch() {
	p.done++
	now := time.Now()
	if p.done == p.before+1 {
		p.second = now
	}
	s := event.Status{State: event.Relabelling, Phase: "relabel", Done: p.done, Total: p.total}
	if timed := p.done - p.before - 1; timed > 0 {
		each := now.Sub(p.second) / time.Duration(timed)
		s.StepsPerSecond, s.ETASeconds = float32(1/each.Seconds()), float32((each * time.Duration(p.total-p.done)).Seconds())
		if timed == 1 {
			p.emit(event.Log{Text: fmt.Sprintf("labels: %s; about %s", p.what, event.Duration((each * time.Duration(p.total-p.before)).Seconds()))})
		}
	}
	if p.done == p.total || now.Sub(p.last) > 100*time.Millisecond {
		p.last = now
		p.emit(s)
	}
}

// String is the size of a store in words: "300 epochs x 100 images x 10 classes x 2 bytes = 0.6 MB".
func (m Manifest) String() string {
	c, err := m.codec()
	if err != nil {
		return err.Error()
	}
	logits := fmt.Sprintf("%s x 2 bytes", event.Counted(c.classes, "class"))
	switch {
	case c.bits == 8:
		logits = event.Counted(c.classes, "class") + " x 1 byte"
	case c.partial():
		logits = fmt.Sprintf("the %d largest of %s x 4 bytes", c.kept, event.Counted(c.classes, "class"))
	}
	return fmt.Sprintf("%s x %s x %s = %.3g MB", event.Counted(m.count(), "epoch"), event.Counted(c.images, "image"), logits,
		float64(m.count())*float64(c.bytes())/1e6)
}

// checkDisk refuses a store that the disk has no room for: the finished one and the shard in the making.
func checkDisk(dir string, m Manifest) error {
	free, known := diskFree(dir)
	c, err := m.codec()
	if err != nil || !known {
		return err
	}
	making := 4 * int64(c.images) * int64(c.classes) * max(1, min(int64(m.count()), shardBytes/c.bytes()))
	if need := int64(m.count())*c.bytes() + making - held(dir); need > free {
		return fmt.Errorf("labels: %v, and %.3g MB while they are written: the disk of %s has %.3g MB free: want %.3g MB: free some space, lower labels.epochs, set labels.bits to 8 or labels.top_k, or take labels.source online, which keeps none",
			m, float64(making)/1e6, dir, float64(free)/1e6, float64(need)/1e6)
	}
	return nil
}
