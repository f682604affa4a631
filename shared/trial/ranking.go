package trial

import (
	"fmt"
	"math"
	"strings"

	"reta/shared/event"
)

// Ranking are the scores of DD-Ranking (Li et al. 2025) for one student, which take out of an accuracy what soft labels
// and the number of images do. Accuracies are those of the last test, as fractions. What a trial is missing for is NaN.
type Ranking struct {
	HLR float64 // hard-label recovery: all real images minus the distilled ones, both with hard labels
	IOR float64 // improvement over random: distilled minus random real images, both with soft labels
	LRS float64 // label-robust score: (e^a - 1/e)/(e - 1/e) with a = (IOR - HLR)/2; 1 is best
	ARS float64 // augmentation-robust score: the same with a the mean of IOR and of the improvement on whole views
}

// WholeViews follows the name of a student that is trained on whole images, without crops, flips and mixing.
const WholeViews = " on whole views"

// Rank is the ranking of a student's rows.
func Rank(rows []Row, student string) Ranking {
	mean := func(images, labels, student string) float64 {
		if r := Find(rows, images, labels, student); r != nil {
			return r.Last.Mean
		}
		return math.NaN()
	}
	improvement := func(student string) float64 {
		return mean(event.Distilled, event.SoftLabels, student) - mean(event.Random, event.SoftLabels, student)
	}
	r := Ranking{
		HLR: mean(event.AllReal, event.HardLabels, student) - mean(event.Distilled, event.HardLabels, student),
		IOR: improvement(student),
	}
	r.LRS = Score(0.5*r.IOR - 0.5*r.HLR)
	r.ARS = Score(0.5*r.IOR + 0.5*improvement(student+WholeViews))
	return r
}

// Score maps -1..1 to 0..1.
func Score(a float64) float64 { return (math.Exp(a) - math.Exp(-1)) / (math.E - math.Exp(-1)) }

func points(format string, d Difference) string {
	args := []any{100 * d.Mean}
	if strings.Count(format, "%") > 1 {
		args = append(args, 100*d.SE)
	}
	return fmt.Sprintf(format, args...)
}
