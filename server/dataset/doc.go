// Package dataset opens labelled image sets and gives them as RGB bytes.
//
// A set is looked up by name, read from a file or folder in its official
// layout (or downloaded once to the cache folder), cut to the wanted classes
// and decoded in parallel:
//
//	d, err := dataset.Open(ctx, dataset.Options{Name: "tiny-imagenet", Classes: []string{"5"}})
//	if err != nil {
//		return err
//	}
//	defer d.Close()
//	batch := make([]byte, 16*d.ImageBytes())
//	err = d.Train.Batch(indices, batch) // RGB8, HWC, d.Size x d.Size
//
// Each set is declared in one file by a call of register with a Spec: name,
// number of classes, image size, normalisation, test transform, sources with
// their hashes, and the layout that finds its images.
//
// Nothing a file says is trusted before it is checked: names never leave the
// opened root, links that lead out are refused, sizes, entries, pixels and
// compression ratios are capped (see limits).
package dataset
