package state

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"reta/shared/event"
	"reta/viewer/ui"
)

// ChangesInForce are the changes in force of a run's settings, oldest first; of a recording, of its whole run.
func (s *State) ChangesInForce() []event.Change {
	list := slices.SortedFunc(maps.Values(s.Changes), func(a, b event.Change) int { return a.ID - b.ID })
	i := slices.IndexFunc(list, func(c event.Change) bool { return c.ID > s.Settings.Changes })
	if i >= 0 {
		return list[:i]
	}
	return list
}

// ChangeText writes a change of a setting: its name, the value before and after.
func (s *State) ChangeText(c event.Change) string {
	return fmt.Sprintf("%s %s → %s", s.SettingName(c.Name), ui.Number(c.From), ui.Number(c.To))
}

// SettingName is the short name of a setting, or name itself where the run has none called so.
func (s *State) SettingName(name string) string {
	for i := range s.Settings.List {
		if s.Settings.List[i].Name == name {
			return ShortName(&s.Settings.List[i])
		}
	}
	return name
}

// ShortName is a setting's symbol, or its name where it has none.
func ShortName(s *event.Setting) string {
	if s.Symbol != "" {
		return strings.ReplaceAll(s.Symbol, "_", " ")
	}
	return LongName(s)
}

// LongName is a setting's label, or its name where it has none.
func LongName(s *event.Setting) string {
	if s.Label != "" {
		return s.Label
	}
	return s.Name
}
