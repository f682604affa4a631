package topo

import (
	"fmt"
	"testing"

	"reta/shared/topology"
)

// The picture of every class at a stage's end: 100 classes of 50 points in either set and 50 anchors, 512 features.
func BenchmarkLookAll(b *testing.B) {
	const classes, n, dim = 100, 50, 512
	a, err := NewAligner(topology.DefaultOptions(), classes, Draws{Count: 1, Cloud: func(class, i int) (topology.Cloud, error) {
		return ball(n, dim, uint64(class)), nil
	}})
	if err != nil {
		b.Fatal(err)
	}
	var features []float32
	for _, x := range ball(classes*n, dim, 1000).X {
		features = append(features, float32(x))
	}
	anchors := func(class int) (topology.Cloud, error) { return ball(n, dim, uint64(class+500)), nil }
	for _, last := range []bool{false, true} {
		before := make([]*Picture, classes)
		if last {
			if before, err = a.LookAll(upTo(classes), features, n, dim, anchors, before, 4000); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprint("before=", last), func(b *testing.B) {
			for b.Loop() {
				if _, err := a.LookAll(upTo(classes), features, n, dim, anchors, before, 4000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
