package label

import "context"

// Source labels views.
type Source interface {
	// Classes is the number of logits of a view.
	Classes() int
	// Logits are the labels of a batch's views, [len(v.Index), Classes].
	Logits(ctx context.Context, v View) ([]float32, error)
}
