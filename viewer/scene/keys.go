package scene

// Key is one row of the keyboard map.
type Key struct {
	Keys  []string `json:"keys"`           // as the browser names them, lower case
	Show  string   `json:"show,omitempty"` // in the help, several with spaces between; "" keeps the row out of it
	Say   string   `json:"say,omitempty"`
	Act   string   `json:"act"`
	Arg   string   `json:"arg,omitempty"`
	Scene string   `json:"scene,omitempty"` // only there
}

// everywhere are the keys that hold in every scene. Acts that begin with "page:" are the page's own.
var everywhere = []Key{
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

// Manifest tells the page what scenes, parameters and keys there are.
type Manifest struct {
	Scenes []Tab           `json:"scenes"`
	Params map[string]Spec `json:"params"`
	Keys   []Key           `json:"keys"`
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
	m := Manifest{Params: map[string]Spec{}}
	for name, p := range params {
		m.Params[name] = p.spec()
	}
	first := ""
	for i, info := range inOrder() {
		tab := Tab{Name: info.Name, Title: info.Title, Group: "run"}
		if info.Order >= learning {
			tab.Group = "learn"
		}
		if i < 9 {
			tab.Key = itoa(i + 1)
			k := Key{Keys: []string{tab.Key}, Act: "scene", Arg: info.Name}
			if first == "" {
				first = "1"
				k.Show, k.Say = "1 – "+itoa(min(9, len(scenes))), "the scenes in order"
			}
			m.Keys = append(m.Keys, k)
		}
		m.Scenes = append(m.Scenes, tab)
	}
	m.Keys = append(m.Keys, everywhere...)
	for _, info := range inOrder() {
		for _, k := range info.Keys {
			k.Scene = info.Name
			m.Keys = append(m.Keys, k)
		}
	}
	return m
}
