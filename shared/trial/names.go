package trial

import (
	"fmt"
	"math"

	"reta/shared/event"
)

// ImagesName says in words what a student was trained on, of an event.Trial's Images.
func ImagesName(images string) string {
	switch images {
	case event.Distilled:
		return "distilled images"
	case event.Random:
		return "random real images"
	case event.Patches:
		return "starting patches"
	case event.AllReal:
		return "whole training set"
	}
	return images
}

// LabelsName says in words what a student was taught, of an event.Trial's Labels.
func LabelsName(labels string) string {
	switch labels {
	case event.SoftLabels:
		return "soft labels"
	case event.HardLabels:
		return "hard labels"
	}
	return labels
}

// Name says in words what a row's students were trained on: "random real images, soft labels".
func (r Row) Name() string { return ImagesName(r.Images) + ", " + LabelsName(r.Labels) }

// Students are the networks of the rows, in the order of their first appearance.
func Students(rows []Row) []string {
	var list []string
	seen := map[string]bool{}
	for _, r := range rows {
		if !seen[r.Student] {
			seen[r.Student] = true
			list = append(list, r.Student)
		}
	}
	return list
}

// Headline says what the last test of a student's trials came to: "100 distilled images train resnet8 to 61.9 %; 100 random
// real images to 58.2 %; all 2000 to 81.0 %". What no finished trial tells is left out; "" without one on distilled images.
func Headline(rows []Row, student string) string {
	distilled := Find(rows, event.Distilled, event.SoftLabels, student)
	if distilled == nil {
		distilled = Find(rows, event.Distilled, event.HardLabels, student)
	}
	if distilled == nil || math.IsNaN(distilled.Last.Mean) {
		return ""
	}
	words := fmt.Sprintf("%d distilled images train %s to %s", distilled.Count, student, percent(distilled.Last.Mean))
	if r := Find(rows, event.Random, distilled.Labels, student); r != nil && !math.IsNaN(r.Last.Mean) {
		words += fmt.Sprintf("; %d random real images to %s", r.Count, percent(r.Last.Mean))
	}
	for _, labels := range []string{event.HardLabels, event.SoftLabels} {
		if r := Find(rows, event.AllReal, labels, student); r != nil && !math.IsNaN(r.Last.Mean) {
			return words + fmt.Sprintf("; all %d to %s", r.Count, percent(r.Last.Mean))
		}
	}
	return words
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
