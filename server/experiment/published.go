package experiment

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Published is a number that was published of a cell.
type Published struct {
	Of    []Axis // values of the cell's axes; those that are not named may be any
	Value float64
	// SD is the deviation that was published with it, NaN where there is none.
	SD   float64
	line int
}

// of reports whether the number is one of a cell.
func (p Published) of(c Cell) bool {
	return !slices.ContainsFunc(p.Of, func(a Axis) bool { return c.Value(a.Name) != a.Value })
}

func (p Published) String() string {
	var words []string
	for _, a := range p.Of {
		words = append(words, a.Name+"="+a.Value)
	}
	return strings.Join(words, " ")
}

// readPublished reads numbers as a paper's table has them. The first line is a heading: names of axes, then AXIS=VALUE for
// each column of numbers, or "published" for one column. Each line that follows has a value of each axis, then the numbers,
// 40.1 or 40.1±0.8, or - where there is none:
//
//	recipe  data       ipc=1  ipc=10
//	sre2l   cifar-100    6.6    27.0
//	rded    imagewoof      -    38.5±0.6
func readPublished(text string) (list []Published, err error) {
	var head []string
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if head == nil {
			if head = words; !slices.ContainsFunc(head, isNumbers) {
				return nil, fmt.Errorf("line %d: %q: want a heading: names of axes, then AXIS=VALUE for each column of numbers, or published for one", i+1, strings.TrimSpace(line))
			}
			continue
		}
		if len(words) != len(head) {
			return nil, fmt.Errorf("line %d: %d words: want %d, as the heading has: - where there is no number", i+1, len(words), len(head))
		}
		var of []Axis
		for k, word := range words {
			if !isNumbers(head[k]) {
				of = append(of, Axis{head[k], word})
			}
		}
		for k, word := range words {
			if !isNumbers(head[k]) || word == "-" {
				continue
			}
			p := Published{Of: slices.Clone(of), line: i + 1}
			if name, value, ok := strings.Cut(head[k], "="); ok {
				p.Of = append(p.Of, Axis{name, value})
			}
			if p.Value, p.SD, err = number(word); err != nil {
				return nil, fmt.Errorf("line %d: %q: want a number, as 40.1 or 40.1±0.8, or -", i+1, word)
			}
			list = append(list, p)
		}
	}
	return list, nil
}

// isNumbers reports whether a column of a heading holds numbers.
func isNumbers(word string) bool { return word == "published" || strings.Contains(word, "=") }

// number reads 40.1, 40.1±0.8 or 40.1+-0.8.
func number(word string) (value, sd float64, err error) {
	text, after, deviates := strings.Cut(strings.ReplaceAll(word, "+-", "±"), "±")
	sd = math.NaN()
	if value, err = strconv.ParseFloat(text, 64); err == nil && deviates {
		sd, err = strconv.ParseFloat(after, 64)
	}
	if value-value != 0 || deviates && !(sd >= 0) {
		err = strconv.ErrRange
	}
	return value, sd, err
}
