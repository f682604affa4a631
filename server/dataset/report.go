package dataset

import (
	"fmt"
	"strings"
)

// Report is what there is to say of an opened set beside its size: how the data
// was understood, how many images the classes have where they differ, warnings,
// and the images left out so far, of which it names the first five.
func (d *Dataset) Report() []Note {
	list := append([]Note(nil), d.Notes...)
	for _, part := range []struct {
		name string
		Split
	}{{"training", d.Train}, {"test", d.Test}} {
		if text := d.unequal(part.Split); text != "" {
			list = append(list, Note{Text: part.name + " images of a class: " + text})
		}
	}
	skipped := d.Skipped()
	for i, s := range skipped {
		if i == 5 {
			list = append(list, Note{true, fmt.Sprintf("and %d more images left out", len(skipped)-i)})
			break
		}
		list = append(list, Note{true, fmt.Sprintf("left out %s: %v", s.ID, s.Err)})
	}
	for i := range list {
		list[i].Text = strings.ToValidUTF8(list[i].Text, "?") // names of files have any encoding
	}
	return list
}

// unequal gives the least and the most images of a class, or "" when all have as many.
func (d *Dataset) unequal(s Split) string {
	count := make([]int, len(d.Classes))
	for i := range s.Len() {
		count[s.Label(i)]++
	}
	least, most := 0, 0
	for i, n := range count {
		if n < count[least] {
			least = i
		}
		if n > count[most] {
			most = i
		}
	}
	if s.Len() == 0 || count[least] == count[most] {
		return ""
	}
	return fmt.Sprintf("%d (%s) to %d (%s)", count[least], d.Classes[least].label(), count[most], d.Classes[most].label())
}
