package filtration

import (
	"testing"

	"reta/shared/event"
	"reta/viewer/eventtest"
	"reta/viewer/view"
)

func TestEpsStartsInTheLongestLoop(t *testing.T) {
	var v view.View
	if got := EpsIn(&v, &event.Cloud{EpsMax: 2, Real: eventtest.Square()}); got != 1.2 {
		t.Errorf("eps %v, want 1.2, half way from birth 1 to death 1.4", got)
	}
	if got := EpsIn(&v, &event.Cloud{EpsMax: 2, Syn: eventtest.Square()}); got != 1.2 {
		t.Errorf("eps %v without a loop, want 0.6 of 2", got)
	}
	Eps.Set(&v, 5)
	if got := EpsIn(&v, &event.Cloud{EpsMax: 2}); got != 2 {
		t.Errorf("eps %v, want no more than 2", got)
	}
}
