package report

import (
	"slices"

	"reta/shared/protocol"
)

// protocols is every setting of the students' labels, training and tests: a column a student of a run.
func protocols(runs []*Run, names []string) table {
	t := table{name: "protocols", Caption: "How students are labelled, trained and tested", Left: 2, Head: []string{"setting", "meaning"}, bold: "the students differ."}
	var list []protocol.Protocol
	for i, r := range runs {
		for _, s := range r.trained() {
			head := s.Network
			if len(runs) > 1 {
				head += ", " + names[i]
			}
			t.Head, list = append(t.Head, head), append(list, s.Protocol)
		}
	}
	if len(list) < 2 {
		t.bold = ""
	}
	t.Left += len(list)
	line := func(name, meaning string, of func(protocol.Protocol) string) {
		texts := []string{name, meaning}
		for _, p := range list {
			texts = append(texts, of(p))
		}
		t.add(texts...)
		differ := len(slices.Compact(slices.Clone(texts[2:]))) > 1
		for i := range list {
			t.Rows[len(t.Rows)-1].Cells[2+i].Strong = differ
		}
	}
	if len(list) == 0 {
		return t
	}
	line("protocol", "published method, or ours", func(p protocol.Protocol) string { return p.Name })
	for _, s := range protocol.Settings {
		line(s.Name, s.Help, func(p protocol.Protocol) string { return or(s.Text(p), none) })
	}
	return t
}
