package models

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

// naming is how another program calls the tensors of networks that are here too.
type naming struct {
	name  string // "" for the names used here, which are torchvision's
	stem  Stem   // of all its networks, "" where it has several
	rules []rule
}

type rule struct {
	from *regexp.Regexp
	to   string
}

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
			to := words[1]
			for i := 1; strings.Contains(to, "*"); i++ {
				to = strings.Replace(to, "*", fmt.Sprintf("${%d}", i), 1)
			}
			n := &list[len(list)-1]
			n.rules = append(n.rules, rule{regexp.MustCompile("^" + from + "$"), to})
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
			if r.from.MatchString(name) {
				name, ok = r.from.ReplaceAllString(name, r.to), true
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
