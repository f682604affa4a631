package app

import (
	"strconv"

	"reta/viewer/scene"
	"reta/viewer/view"
)

// globalKeys are the keys that hold in every scene. Acts that begin with "page:" are the page's own.
var globalKeys = []scene.Key{
	{Keys: []string{" "}, Show: "Space", Say: "play or pause; at the live edge, the run itself", Act: "time:play"},
	{Keys: []string{","}, Show: ", .", Say: "one step back, forward; at the live edge, one step of the run", Act: "time:back"},
	{Keys: []string{"."}, Act: "time:forward"},
	{Keys: []string{"l"}, Show: "L", Say: "go live, or to the end", Act: "time:live"},
	{Keys: []string{"g"}, Show: "G", Say: "choose the class", Act: "page:focus:class"},
	{Keys: []string{"0"}, Show: "0", Say: "reset the view", Act: "reset"},
	{Keys: []string{"s"}, Show: "S", Say: "save the picture", Act: "save:png"},
	{Keys: []string{"d"}, Show: "D", Say: "save the data", Act: "save:csv"},
	{Keys: []string{"t"}, Show: "T", Say: "light or dark", Act: "page:theme"},
	{Keys: []string{"?"}, Show: "?", Say: "this help", Act: "page:help"},
}

// Manifest lists for the page what scenes, parameters and keys there are.
type Manifest struct {
	Scenes []Tab                `json:"scenes"`
	Params map[string]view.Spec `json:"params"`
	Keys   []scene.Key          `json:"keys"`
}

// Tab is a scene in the page's header.
type Tab struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Group string `json:"group"` // run, learn
	Key   string `json:"key,omitempty"`
}

// NewManifest gathers what is registered.
func NewManifest() Manifest {
	m := Manifest{Params: view.Specs()}
	scenes := scene.All()
	for i, info := range scenes {
		tab := Tab{Name: info.Name, Title: info.Title, Group: "run"}
		if info.Learning() {
			tab.Group = "learn"
		}
		if i < 9 {
			tab.Key = strconv.Itoa(i + 1)
			k := scene.Key{Keys: []string{tab.Key}, Act: "scene", Arg: info.Name}
			if i == 0 {
				k.Show, k.Say = "1 – "+strconv.Itoa(min(9, len(scenes))), "the scenes in order"
			}
			m.Keys = append(m.Keys, k)
		}
		m.Scenes = append(m.Scenes, tab)
	}
	m.Keys = append(m.Keys, globalKeys...)
	for _, info := range scenes {
		for _, k := range info.Keys {
			k.Scene = info.Name
			m.Keys = append(m.Keys, k)
		}
	}
	return m
}
