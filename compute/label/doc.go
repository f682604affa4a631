// Package label is relabel: it draws the views that teachers and students are shown of a set of images, has teachers label
// them, and keeps the labels in a store.
//
//	plan, err := label.NewPlan(settings, images, side)
//	for b, view := range plan.Epoch(3) {
//		logits, err := source.Logits(ctx, 3, b) // [len(view.Index), classes], of a Store or of Teachers
//		...
//	}
//
// A view is a function of the settings' seed, the epoch, the batch and the image, so a store holds logits only: whoever has
// its settings draws the same views again, on any machine and in any order (docs/labels.md).
package label
