package run

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"reta/shared/event"
)

// Shard is one of the parts that a phase of a run is cut into, each made by a process of its own, on whatever machine, and put
// together by Merge. It has the phase's items (groups of classes, epochs of labels, trainings of students) from
// Index * items / Count to (Index + 1) * items / Count. What an item becomes does not depend on which process makes it.
type Shard struct {
	Phase Phase `toml:"phase"`
	Index int   `toml:"index"` // from 0
	Count int   `toml:"count"`

	// Of what is made of a run's images: their hash, and the command that makes the shard or continues it.
	Images  string `toml:"images,omitempty"`
	Command string `toml:"command,omitempty"`
}

// ErrShard marks the error for a shard that cannot be, and begins it.
var ErrShard = errors.New("shard")

const wantShard = "want I/N, such as 0/3, 1/3 and 2/3 for three shards"

// ParseShard reads "0/3".
func ParseShard(text string, phase Phase) (*Shard, error) {
	i, n, _ := strings.Cut(text, "/")
	index, err1 := strconv.Atoi(i)
	count, err2 := strconv.Atoi(n)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("%w %q: %s", ErrShard, text, wantShard)
	}
	s := &Shard{Phase: phase, Index: index, Count: count}
	return s, s.check()
}

// String is "0/3".
func (s *Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

// mostShards bounds what is believed of a file.
const mostShards = 1 << 20

func (s *Shard) check() error {
	switch {
	case s == nil:
		return nil
	case s.Phase == "" || s.Phase.check() != nil:
		return fmt.Errorf("shard.phase %q: want %s, %s or %s", s.Phase, Recover, Relabel, Evaluate)
	case s.Count < 1 || s.Count > mostShards:
		return fmt.Errorf("%w %v: %d shards: want 1 to %d", ErrShard, s, s.Count, mostShards)
	case s.Index < 0 || s.Index >= s.Count:
		return fmt.Errorf("%w %v: they are counted from 0: want 0/%d to %d/%d", ErrShard, s, s.Count, s.Count-1, s.Count)
	}
	return nil
}

// of are the shard's items: the first, and the one after the last; zero, which is all of them, where there is no shard. More
// shards than items are an error.
func (s *Shard) of(items int, item string) ([2]int, error) {
	if s == nil {
		return [2]int{}, nil
	}
	if s.Count > items {
		return [2]int{}, fmt.Errorf("%w %v: want at most %s, one for each %s", ErrShard, s, event.Counted(items, "shard"), item)
	}
	return [2]int{s.Index * items / s.Count, (s.Index + 1) * items / s.Count}, nil
}

// words name the shard where settings are compared, "" for all of a run.
func (s *Shard) words() string {
	if s == nil {
		return ""
	}
	text := fmt.Sprintf("%v of %s", s, s.Phase)
	if s.Images != "" {
		text += fmt.Sprintf(" of images %.16s", s.Images)
	}
	return text
}

// like reports whether two shards are of the same phase, cut into as many, and made of the same images.
func (s *Shard) like(o *Shard) bool {
	return s.Phase == o.Phase && s.Count == o.Count && s.Images == o.Images
}

// groups are those of the classes that a run recovers.
func (c Config) groups(classes int) ([2]int, error) {
	if c.Shard == nil {
		return [2]int{}, nil
	}
	groups := c.Recipe.Groups(classes)
	g, err := c.Shard.of(groups, "group of classes")
	if err != nil {
		err = fmt.Errorf("%w: %s in groups of %d (--batch and --set group=N make other groups, and other images)", err, event.Counted(classes, "class"), c.Recipe.Group)
	}
	return g, err
}

// recovered are the classes that a run recovers: the first, and the one after the last.
func (c Config) recovered(classes int) (first, end int) {
	g, err := c.groups(classes)
	if c.Shard == nil || err != nil {
		return 0, classes
	}
	return g[0] * c.Recipe.Group, min(g[1]*c.Recipe.Group, classes)
}
