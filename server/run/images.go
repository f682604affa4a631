package run

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"reta/compute/models"
	"reta/compute/train"
	"reta/server/dataset"
	"reta/shared/event"
)

// Images are made from a data set, or chosen from it: a folder of class folders whose classes are the set's. It is a
// train.Source with the set's labels; the images come in the order in which torchvision's ImageFolder lists them.
type Images struct {
	train.Source
	labels []uint32 // of the set, by the folder's class
	set    *dataset.Dataset
}

// OpenImages opens a folder, or the folder train in it, and finds its classes among those of the set by id or name. Every class
// of the set must have images there, and no other class. A side of 0 pixels is that of the images. The caller closes it.
func OpenImages(ctx context.Context, folder string, side int, set []dataset.Class) (*Images, error) {
	d, err := dataset.Open(ctx, dataset.Options{Name: "path:" + folder, Size: side})
	if err != nil {
		return nil, err
	}
	m := &Images{Source: d.Train, set: d}
	var lacks []string
	if m.labels, lacks = train.MatchClasses(labelsOf(d.Classes), folderLabels(set)); len(lacks) > 0 {
		err = fmt.Errorf("images %s: %s: want class folders with names or ids of the set's classes, such as %s", folder,
			named("no class of the set is called", lacks), set[0].ID)
	} else if missing := m.missing(set); len(missing) > 0 {
		err = fmt.Errorf("images %s: %s: want images of each class, or fewer classes with --classes", folder, named("there are none of", missing))
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// ClassFolders names the class folders of a folder of images.
func ClassFolders(ctx context.Context, folder string) (ids []string, err error) {
	d, err := dataset.Open(ctx, dataset.Options{Name: "path:" + folder, PerClass: 1, TestPerClass: 1})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	for _, c := range d.Classes {
		ids = append(ids, c.ID)
	}
	if len(ids) == 1 {
		ids = append(ids, "") // one number alone would be a count
	}
	return ids, nil
}

// Label is the class of image i in the set.
func (m *Images) Label(i int) uint32 { return m.labels[m.Source.Label(i)] }

// Warnings say what is odd about the images.
func (m *Images) Warnings() (lines []string) {
	for _, n := range m.set.Report() {
		if n.Warning {
			lines = append(lines, n.Text)
		}
	}
	return lines
}

// Close releases the images.
func (m *Images) Close() error { return m.set.Close() }

// missing are the classes of the set that have no image.
func (m *Images) missing(set []dataset.Class) (ids []string) {
	there := make([]bool, len(set))
	for i := range m.Len() {
		there[m.Label(i)] = true
	}
	for c, ok := range there {
		if !ok {
			ids = append(ids, set[c].ID)
		}
	}
	return ids
}

// PerClass is the number of images of the class that has the fewest.
func (m *Images) PerClass(classes int) int {
	count := make([]int, classes)
	for i := range m.Len() {
		count[m.Label(i)]++
	}
	least := count[0]
	for _, n := range count {
		least = min(least, n)
	}
	return least
}

// labelsOf are classes as networks' files name them.
func labelsOf(classes []dataset.Class) (list []models.Class) {
	for _, c := range classes {
		list = append(list, models.Class{ID: c.ID, Name: c.Name})
	}
	return list
}

// folderLabels are a set's classes with the folders that export gives them as ids.
func folderLabels(classes []dataset.Class) []models.Class {
	list := labelsOf(classes)
	for i, name := range ClassFolderNames(classes) {
		list[i].ID = name
	}
	return list
}

// named lists the first of some names.
func named(what string, names []string) string {
	const most = 5
	text := what + " " + strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %s more", event.Counted(more, "other"))
	}
	return text
}

// Beside is the folder for what is made of the images in a folder that is no run's: "images-evaluation".
func Beside(folder, results string) string {
	return strings.TrimRight(filepath.Clean(folder), string(filepath.Separator)) + "-" + results
}
