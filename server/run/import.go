package run

import (
	"context"
	"fmt"

	"reta/compute/models"
	"reta/compute/train"
	"reta/compute/vk"
	"reta/server/bundle"
	"reta/server/dataset"
)

// Describe is what a bundle of images of a set says of the set.
func Describe(set *dataset.Dataset, data train.Data) bundle.Manifest {
	return bundle.Manifest{
		Program: Version(), Mean: data.Mean, Std: data.Std, Size: set.Size, Classes: classesOf(set.Classes),
		Dataset: bundle.Source{Name: setName(set), Title: set.Title, Hash: set.Hash, Terms: set.Terms},
	}
}

// ClassesOfFolders are the classes that foreign folders say they hold: by their numbers, or by their names.
func ClassesOfFolders(f *bundle.Foreign, set []dataset.Class) ([]int, error) {
	if len(f.Folders) != len(set) {
		return nil, fmt.Errorf("%s holds %d class folders: want %d, as many as the set has classes: choose them with --classes, or another --dataset", f.Dir(), len(f.Folders), len(set))
	}
	if f.Numbers != nil {
		return f.Numbers, nil
	}
	var folders []models.Class
	for _, name := range f.Folders {
		folders = append(folders, models.Class{ID: name, Name: name})
	}
	index, lacks := train.MatchClasses(folders, folderLabels(set))
	if len(lacks) > 0 {
		return nil, fmt.Errorf("%s: %s: want folders named like the set's classes, such as %s, or numbered from 0 on", f.Dir(), named("no class of the set is called", lacks), set[0].ID)
	}
	order := make([]int, len(index))
	for i, c := range index {
		order[i] = int(c)
	}
	return order, nil
}

// Answers has a network say what the images of each foreign folder show, in the classes of data.
func Answers(ctx context.Context, dev *vk.Device, m *models.Model, data train.Data, f *bundle.Foreign) (bundle.Answers, error) {
	set, err := dataset.Open(ctx, dataset.Options{Name: "path:" + f.Dir(), Size: data.Size})
	if err != nil {
		return nil, err
	}
	defer set.Close()
	folder := map[string]int{}
	for i, name := range f.Folders {
		folder[name] = i
	}
	outputs, err := data.Outputs(m)
	if err != nil {
		return nil, err
	}
	class := map[int]int{}
	for c, o := range outputs {
		class[int(o)] = c
	}
	s, err := train.NewScorer(dev, m, data, min(100, set.Train.Len()))
	if err != nil {
		return nil, err
	}
	defer s.Close()
	said, _, err := s.Answers(ctx, set.Train)
	if err != nil {
		return nil, err
	}
	answers := make(bundle.Answers, len(f.Folders))
	for i := range answers {
		answers[i] = make([]int, len(outputs)+1)
	}
	for i, output := range said {
		c, ok := class[output]
		if !ok { // a teacher of more classes may answer another
			c = len(outputs)
		}
		answers[folder[set.Classes[set.Train.Label(i)].ID]][c]++
	}
	return answers, nil
}
