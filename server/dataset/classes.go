package dataset

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Class is one class of an opened set.
type Class struct {
	ID    string // folder name or WordNet id, e.g. "n01443537"
	Name  string // for people, e.g. "goldfish"; equals ID when no name is known
	Index int    // position in the full set: the output of a teacher trained on all classes
}

// selectClasses cuts all to the wanted ones, kept in the order of the set.
// want is empty for all, one number N for the first N, or ids and names. A comma
// after a number ("3,") makes it a name.
func selectClasses(all []Class, want []string) ([]Class, error) {
	if len(want) == 0 {
		return all, nil
	}
	if len(want) == 1 {
		if n, err := strconv.Atoi(want[0]); err == nil {
			if n < 1 || n > len(all) {
				return nil, fmt.Errorf("classes %d: want a number from 1 to %d", n, len(all))
			}
			return all[:n], nil
		}
	}
	var keep []Class
	for _, w := range want {
		if w == "" {
			continue
		}
		c, err := findClass(all, w)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(keep, func(k Class) bool { return k.Index == c.Index }) {
			keep = append(keep, c)
		}
	}
	if len(keep) == 0 {
		return nil, fmt.Errorf("classes %q: want a number, ids or names: %w", want, ErrUnknown)
	}
	slices.SortFunc(keep, func(a, b Class) int { return a.Index - b.Index })
	return keep, nil
}

// firstOrNamed says how one number is understood where a class has that name too,
// or is "".
func firstOrNamed(all []Class, want []string) string {
	if len(want) != 1 || !slices.ContainsFunc(all, func(c Class) bool { return c.ID == want[0] }) {
		return ""
	}
	n, err := strconv.Atoi(want[0])
	if err != nil {
		return ""
	}
	var ids []string
	for _, c := range all[:n] {
		ids = append(ids, c.ID)
	}
	return fmt.Sprintf("--classes %d takes the first %d %s in order of their names: %s; for the class named %s alone, give --classes %s,",
		n, n, plural(n, "class"), firstOf(ids, ", "), want[0], want[0])
}

func findClass(all []Class, want string) (Class, error) {
	if i := slices.IndexFunc(all, func(c Class) bool { return c.ID == want }); i >= 0 {
		return all[i], nil
	}
	var hits []Class
	var names []string
	for _, c := range all {
		if plain(c.Name) == plain(want) || plain(c.ID) == plain(want) {
			hits = append(hits, c)
		}
		names = append(names, c.Name)
		if plain(c.ID) != plain(c.Name) {
			names = append(names, c.ID)
		}
	}
	switch len(hits) {
	case 1:
		return hits[0], nil
	case 0:
		return Class{}, fmt.Errorf("class %q: %w%s; the set has %d classes, from %s to %s",
			want, ErrUnknown, suggest(want, names), len(all), all[0].label(), all[len(all)-1].label())
	}
	return Class{}, fmt.Errorf("class %q: %d classes have this name: %s and %s; give the id", want, len(hits), hits[0].ID, hits[1].ID)
}

func (c Class) label() string {
	if c.ID == c.Name {
		return c.ID
	}
	return c.ID + " (" + c.Name + ")"
}

// suggest names the at most three nearest of names, or says nothing when none is near.
func suggest(want string, names []string) string {
	type near struct {
		name string
		dist int
	}
	var list []near
	w := plain(want)
	for _, n := range names {
		p := plain(n)
		d := distance(w, p)
		if w != "" && strings.Contains(p, w) {
			d = min(d, 1)
		}
		if d <= max(1, len(w)/3) {
			list = append(list, near{n, d})
		}
	}
	slices.SortStableFunc(list, func(a, b near) int { return cmp.Compare(a.dist, b.dist) })
	if len(list) == 0 {
		return ""
	}
	var out []string
	for _, n := range list[:min(3, len(list))] {
		out = append(out, strconv.Quote(n.name))
	}
	return "; did you mean " + strings.Join(out, " or ") + "?"
}

// distance is the Levenshtein distance of two strings, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
