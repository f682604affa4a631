package dataset

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// The six sets of ten classes are read from a folder of ImageNet-1K, whose other classes are left out and named in number, and
// from folders of their own; a class that is not ImageNet's is an error.
func TestSubsetsOfImageNetAreReadFromIt(t *testing.T) {
	all := strings.Fields(imageNetIDs)
	for _, name := range []string{"imagenette", "imagewoof", "imagefruit", "imageyellow", "imagemeow", "imagesquawk"} {
		ids := ClassIDs(name)
		if len(ids) != 10 || !slices.IsSorted(ids) || slices.ContainsFunc(ids, func(id string) bool { return !slices.Contains(all, id) }) {
			t.Errorf("%s: classes %v, want ten of ImageNet-1K in the order of their ids", name, ids)
		}
		for _, others := range [][]string{nil, {"n01440765"}, {"n02099712", "n04356056"}} {
			d, err := Open(context.Background(), Options{Name: name, Data: write(t, classFolders(t, 2, append(others, ids...)...)), Cache: t.TempDir()})
			switch {
			case slices.Contains(others, "n01440765"): // no id of a class
				if err == nil || !strings.Contains(err.Error(), "1 of 11 class folders are no classes of "+name) {
					t.Errorf("%s with a foreign class: %v", name, err)
				}
				continue
			case err != nil:
				t.Error(err)
				continue
			}
			if len(d.Classes) != 10 || d.Train.Len() != 20 || d.Test.Len() != 10 || d.Classes[3].ID != ids[3] || d.Classes[3].Name == ids[3] {
				t.Errorf("%s: %d classes, %d and %d images, class 3 is %+v", name, len(d.Classes), d.Train.Len(), d.Test.Len(), d.Classes[3])
			}
			if said := strings.Contains(notes(d), "2 other classes of ImageNet-1K are left out"); said != (len(others) == 2) {
				t.Errorf("%s among %v: notes %q", name, others, notes(d))
			}
			d.Close()
		}
	}
}
