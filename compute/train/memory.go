package train

import (
	"fmt"

	"reta/compute/graph"
	"reta/compute/vk"
)

// wouldFit says what batch the device has room for, where it has none for the recipe's.
func (t *trainer) wouldFit(dev *vk.Device) string {
	fits := func(n int) bool {
		g, one := graph.New(dev), &trainer{model: t.model, data: t.data, recipe: t.recipe, batch: n, average: t.average, originals: t.originals}
		defer g.Discard()
		outputs, err := one.draw(nil, one.augmented(g))
		if err != nil {
			return false
		}
		m, err := g.Memory(graph.InFlight, outputs...)
		return err == nil && m.Bytes() <= dev.MemoryFree()/8*7 // some of it lies in pieces
	}
	const whole = "a batch is not divided, since batch norm takes its statistics of all of it"
	if t.batch == 1 || !fits(1) {
		return "not even a batch of one image fits; " + whole
	}
	return fmt.Sprintf("a batch of %d fits, which trains the network otherwise: %s", graph.Most(t.batch-1, fits), whole)
}
