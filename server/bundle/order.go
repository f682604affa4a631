package bundle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Answers counts what a teacher takes the images of each folder for: [folder][class + 1], the last for classes that the set
// does not have. There are as many folders as classes.
type Answers [][]int

// Share is the share of the images whose folder's class, by order, is the answer.
func (a Answers) Share(order []int) float64 {
	right, all := 0, 0
	for folder, row := range a {
		right += row[order[folder]]
		for _, n := range row {
			all += n
		}
	}
	return float64(right) / float64(max(1, all))
}

// Best gives each folder a class of its own, the most frequent answers first; folders
// that are left get the classes that are left, in order.
func (a Answers) Best() []int {
	type pair struct{ folder, class, n int }
	var pairs []pair
	for f, row := range a {
		for c, n := range row[:len(row)-1] {
			if n > 0 {
				pairs = append(pairs, pair{f, c, n})
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y pair) int { return cmp.Compare(y.n, x.n) })
	order, taken := make([]int, len(a)), map[int]bool{}
	for f := range order {
		order[f] = -1
	}
	for _, p := range pairs {
		if order[p.folder] < 0 && !taken[p.class] {
			order[p.folder], taken[p.class] = p.class, true
		}
	}
	next := 0
	for f := range order {
		for order[f] < 0 {
			if !taken[next] {
				order[f], taken[next] = next, true
			}
			next++
		}
	}
	return order
}

// Verdict is what a teacher's answers say of the order in which folders are taken for classes.
type Verdict struct {
	Given, Best float64  // share of the images that the teacher takes for their class, in the order given and in the best
	Order       []int    // the best
	Right       bool     // the order given is believed
	Sure        bool     // the best would be
	Clear       int      // folders that are clearly of another class: most of three or more images
	Lines       []string // a line for each folder that the teacher takes for another class, the clear ones first
}

// Judge compares an order with the answers. It is believed where the teacher
// recognises the images at twice chance, and half as well as in the best order, and
// no more than one folder in ten is clearly of another class. Another order is
// believed where half of the images agree on it, of four or more a folder: of fewer,
// the best of all orders looks good by luck.
func (a Answers) Judge(order []int, folders, classes []string) Verdict {
	v := Verdict{Given: a.Share(order), Order: a.Best()}
	v.Best = a.Share(v.Order)
	images := 0
	for f, row := range a {
		known := row[:len(row)-1]
		top, all := slices.Index(known, slices.Max(known)), 0
		for _, n := range row {
			all += n
		}
		images += all
		if top == order[f] || row[top] == 0 {
			continue
		}
		line := fmt.Sprintf("the images of folder %s are taken for class %s by the teacher, not for %s: %d of %d", folders[f], classes[top], classes[order[f]], row[top], all)
		if row[top] >= 3 && 2*row[top] > all {
			v.Lines = slices.Insert(v.Lines, v.Clear, line)
			v.Clear++
		} else {
			v.Lines = append(v.Lines, line)
		}
	}
	chance := 1 / float64(len(classes))
	v.Right = v.Given >= min(2*chance, (1+chance)/2) && v.Given >= v.Best/2 && 10*v.Clear <= len(a)
	v.Sure = v.Best >= 0.5 && images >= 4*len(a)
	return v
}

// Said are the first lines of the verdict.
func (v Verdict) Said() string {
	const most = 5
	text := strings.Join(v.Lines[:min(most, len(v.Lines))], "\n  ")
	if more := len(v.Lines) - most; more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return text
}
