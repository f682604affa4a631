package models

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
)

// naming is how another program calls the tensors of networks that are here too.
type naming struct {
	name  string // "" for the names used here, which are torchvision's
	stem  Stem   // of all its networks, "" where it has several
	rules []rule
}

// rule turns a name that from matches into the pieces with what from's groups matched between them, plus a number each.
type rule struct {
	from   *regexp.Regexp
	pieces []string
	plus   []int
}

func (r rule) apply(name string) (string, bool) {
	parts := r.from.FindStringSubmatch(name)
	if parts == nil {
		return "", false
	}
	to := r.pieces[0]
	for i, plus := range r.plus {
		part := parts[i+1]
		if plus > 0 {
			n, err := strconv.Atoi(part)
			if err != nil || n < 0 || n > 1<<20 {
				return "", false
			}
			part = strconv.Itoa(n + plus)
		}
		to += part + r.pieces[i+1]
	}
	return to, true
}

// star is what a * in the name here may be: "*" or "*+1".
var star = regexp.MustCompile(`\*(\+\d+)?`)

//go:embed namings.txt
var namingsText string

// namings are those of the table, the names used here first.
var namings = append([]naming{{}}, parseNamings(namingsText)...)

// parseNamings reads the table; its comment says in what form it is. A line that is not in it is a programmer's mistake.
func parseNamings(text string) (list []naming) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case strings.HasPrefix(line, "["):
			name, about, _ := strings.Cut(line[1:], "]")
			n := naming{name: name}
			if _, stem, ok := strings.Cut(about, "stem="); ok {
				n.stem = Stem(strings.TrimSpace(stem))
			}
			list = append(list, n)
		case len(words) == 2 && len(list) > 0:
			from := strings.ReplaceAll(regexp.QuoteMeta(words[0]), `\*`, `([^.]+)`)
			r := rule{from: regexp.MustCompile("^" + from + "$"), pieces: star.Split(words[1], -1)}
			for _, plus := range star.FindAllStringSubmatch(words[1], -1) {
				n, _ := strconv.Atoi(strings.TrimPrefix(plus[1], "+")) // "" is 0
				r.plus = append(r.plus, n)
			}
			if r.from.NumSubexp() != len(r.plus) {
				panic("models: namings.txt: " + line)
			}
			n := &list[len(list)-1]
			n.rules = append(n.rules, r)
		default:
			panic("models: namings.txt: " + line)
		}
	}
	return list
}

// rename gives names the ones used here; ok is false where nothing is to be renamed, or two would be called the same.
func (n naming) rename(names []string) (here []string, ok bool) {
	seen := map[string]bool{}
	for _, name := range names {
		for _, r := range n.rules {
			if to, is := r.apply(name); is {
				name, ok = to, true
				break
			}
		}
		if seen[name] {
			return nil, false
		}
		seen[name] = true
		here = append(here, name)
	}
	return here, ok || n.name == ""
}
