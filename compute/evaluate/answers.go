package evaluate

import (
	"cmp"
	"slices"

	"reta/shared/event"
)

// mostMistakes and mistakeSide bound the test images that are sent.
const (
	mostMistakes = 48
	mistakeSide  = 64
)

// emitAnswers emits what the finished trials that differ from trial first in their seed only answered at their last tests.
func (j *Job) emitAnswers(first int) {
	var answers [][]int
	for i, o := range j.outcomes {
		if o != nil && alike(j.list[i], j.list[first]) {
			answers = append(answers, o.Answers)
		}
	}
	labels := make([]int, j.Data.Test.Len())
	for i := range labels {
		labels[i] = int(j.Data.Test.Label(i))
	}
	j.Emit(confusion(first, labels, answers, j.Data.Classes))
	m, err := j.picture(first, len(answers), mistakes(labels, answers))
	if err != nil {
		j.Emit(event.Log{Level: event.Warning, Text: "evaluate: the images most often wrong are not shown: " + err.Error()})
		return
	}
	j.Emit(m)
}

// confusion counts answers by class.
func confusion(first int, labels []int, answers [][]int, classes int) event.Confusion {
	c := event.Confusion{Trial: first, Trials: len(answers), Correct: make([]uint32, classes), Total: make([]uint32, classes)}
	if classes <= event.MaxConfusion {
		c.Counts = make([]uint32, classes*classes)
	}
	for _, of := range answers {
		for i, a := range of {
			c.Total[labels[i]]++
			if a == labels[i] {
				c.Correct[a]++
			}
			if c.Counts != nil {
				c.Counts[labels[i]*classes+a]++
			}
		}
	}
	return c
}

// mistake is a test image that some trials got wrong.
type mistake struct{ image, wrong, answer int }

// mistakes are the test images that most trials got wrong, the worst first. Of too many that are equally wrong, those at
// equal distances in the split are taken, so that all classes have some.
func mistakes(labels []int, answers [][]int) (list []mistake) {
	for i, label := range labels {
		votes := map[int]int{}
		m := mistake{image: i, answer: label}
		for _, of := range answers {
			a := of[i]
			if a == label {
				continue
			}
			m.wrong++
			if votes[a]++; m.answer == label || votes[a] > votes[m.answer] {
				m.answer = a
			}
		}
		if m.wrong > 0 {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b mistake) int { return cmp.Compare(b.wrong, a.wrong) })
	if len(list) <= mostMistakes {
		return list
	}
	least := list[mostMistakes-1].wrong
	from := slices.IndexFunc(list, func(m mistake) bool { return m.wrong == least })
	equal := slices.DeleteFunc(slices.Clone(list[from:]), func(m mistake) bool { return m.wrong != least })
	list = list[:from:from]
	for i, n := 0, mostMistakes-from; i < n; i++ {
		list = append(list, equal[i*len(equal)/n])
	}
	return list
}

// picture makes the event of some mistakes of so many trials.
func (j *Job) picture(first, trials int, list []mistake) (event.Mistakes, error) {
	size := j.Data.Size
	side := min(size, mistakeSide)
	e := event.Mistakes{Trial: first, Width: side, Height: side}
	var images []int
	for _, m := range list {
		images = append(images, m.image)
		e.IDs = append(e.IDs, j.Data.Test.ID(m.image))
		e.Label, e.Predicted = append(e.Label, int(j.Data.Test.Label(m.image))), append(e.Predicted, m.answer)
		e.Wrong = append(e.Wrong, float32(m.wrong)/float32(trials))
	}
	rgb := make([]byte, len(images)*size*size*3)
	err := j.Data.Test.Batch(images, rgb)
	e.Pixels = event.Shrink(rgb, 3, size, size, side, side)
	return e, err
}
