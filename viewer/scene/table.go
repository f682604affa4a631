package scene

import "reta/shared/event"

// table is the scene's data for those who do not look at the drawing, newest first.
func (v *Viewer) table() [][]string {
	const most = 200
	s := &v.State
	var rows [][]string
	switch {
	case v.View.Scene == "training" && s.Chart(&v.View) == "squeeze":
		rows = append(rows, []string{"Step", "Epoch", "Loss", "Accuracy"})
		for i := len(s.Squeeze) - 1; i >= 0 && len(rows) <= most; i-- {
			p := s.Squeeze[i]
			rows = append(rows, []string{itoa(p.Step), itoa(p.Epoch), number(p.Loss), number(p.Accuracy)})
		}
	case v.View.Scene == "training":
		rows = append(rows, []string{"Step", "Total", "CE", "BN", "Topology"})
		for i := len(s.Points) - 1; i >= 0 && len(rows) <= most; i-- {
			p := s.Points[i]
			rows = append(rows, []string{itoa(p.Step), number(p.Total), number(p.CE), number(p.BN), number(p.Topo)})
		}
	case v.View.Scene == "features":
		rows = append(rows, []string{"Set", "Degree", "Birth", "Death"})
		c := s.Clouds[v.View.Class]
		for i, set := range []event.Set{c.Real, c.Syn} {
			for _, b := range set.Bars {
				death := number(b.Death)
				if b.Essential {
					death = "never"
				}
				rows = append(rows, []string{[2]string{"real", "synthetic"}[i], itoa(b.Degree), number(b.Birth), death})
			}
		}
	}
	return rows
}
