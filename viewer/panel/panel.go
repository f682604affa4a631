// Package panel is the vocabulary of what a scene shows beside its drawing: words, readings and controls, as data. The
// page renders them as HTML elements, so that text can be selected, read aloud and enlarged, and a form control is one.
//
//	panel.Panel{
//		panel.Lede("Points closer than *ε* join."),
//		panel.Range{Param: "eps", Label: "ε", Max: 2, Value: 0.7, Text: "0.70 of 2.00", Ticks: ticks},
//		panel.Buttons{{Act: "grow", Label: "Grow"}},
//		panel.Table{Head: []string{"", "real", "synthetic"}, Rows: rows},
//	}
//
// A control with a Param sets that parameter of the view; one with an Act sends the act to the scene. Blocks are matched
// from one report to the next by their place and kind, or by ID where they have one, so that focus and open details stay.
//
// Texts know a little markup: *emphasis*, **strong**, `key`, and [role|words] for words in the colour of a role (real,
// syn, anchor, ce, bn, topo, total, muted, good, bad). Plain takes the meaning out of a foreign text.
package panel

import (
	"encoding/json"
	"strings"
)

// Panel is a column of blocks.
type Panel []Block

// Block is one of this package's types.
type Block interface{ kind() string }

// The texts. A Lede opens a panel, a Reason says why something cannot be shown.
type (
	Lede    string
	Text    string
	Note    string // small print
	Reason  string
	Heading string
)

// Range is a slider.
type Range struct {
	ID       string    `json:"id,omitempty"`
	Param    string    `json:"param"`
	Label    string    `json:"label"`
	Min      float64   `json:"min"`
	Max      float64   `json:"max"`
	Step     float64   `json:"step,omitempty"` // 0: any
	Value    float64   `json:"value"`
	Text     string    `json:"text"` // the value in words
	Ticks    []Tick    `json:"ticks,omitempty"`
	Disabled bool      `json:"disabled,omitempty"`
	Act      string    `json:"act,omitempty"`  // sent with the value when the slider comes to rest, instead of setting Param
	Ends     []float64 `json:"ends,omitempty"` // with an Act, from 0 to 1: the values of 0, just above it and 1; ratios count between the last two
	Help     string    `json:"help,omitempty"`
}

// Tick is a mark under a slider, in the colour of a role.
type Tick struct {
	At   float64 `json:"at"`
	Role string  `json:"role,omitempty"`
}

// Choice is one of several: a row of segments, a list of answers (As "list"), or a menu (As "menu").
type Choice struct {
	ID       string   `json:"id,omitempty"`
	Param    string   `json:"param"`
	Label    string   `json:"label"`
	As       string   `json:"as,omitempty"`
	Options  []Option `json:"options"`
	Value    string   `json:"value"`
	Disabled bool     `json:"disabled,omitempty"`
}

// Option of a Choice. Mark is "right" or "wrong" for an answer that was revealed.
type Option struct {
	Value string `json:"value"`
	Text  string `json:"text"`
	Mark  string `json:"mark,omitempty"`
}

// Toggle is a check box.
type Toggle struct {
	ID       string `json:"id,omitempty"`
	Param    string `json:"param"`
	Label    string `json:"label"`
	Value    bool   `json:"value"`
	Disabled bool   `json:"disabled,omitempty"`
}

// Search is a line of text that sets a text parameter as it is typed.
type Search struct {
	ID          string `json:"id,omitempty"`
	Param       string `json:"param"`
	Label       string `json:"label"`
	Placeholder string `json:"placeholder,omitempty"`
	Value       string `json:"value"`
}

// Number is a typed number.
type Number struct {
	ID       string  `json:"id,omitempty"`
	Param    string  `json:"param"`
	Label    string  `json:"label"`
	Min      float64 `json:"min"`
	Max      float64 `json:"max"`
	Step     float64 `json:"step,omitempty"`
	Value    float64 `json:"value"`
	Act      string  `json:"act,omitempty"` // sent with the number, instead of setting Param
	Disabled bool    `json:"disabled,omitempty"`
}

// Area is a field for a longer text, which is sent with the act when its button is pressed.
type Area struct {
	ID          string `json:"id,omitempty"`
	Label       string `json:"label"`
	Placeholder string `json:"placeholder,omitempty"`
	Act         string `json:"act"`
	Button      string `json:"button"`
}

// File opens a file of this computer, as dropping it on the page does.
type File struct {
	ID    string `json:"id,omitempty"`
	Label string `json:"label"`
	Types string `json:"types,omitempty"` // such as ".csv,.npy"
}

// Buttons stand in a row.
type Buttons []Button

// Button sends an act.
type Button struct {
	Act      string `json:"act"`
	Arg      string `json:"arg,omitempty"`
	Label    string `json:"label"`
	Title    string `json:"title,omitempty"` // said on hover
	Name     string `json:"name,omitempty"`  // for screen readers, where Label is a sign
	Pressed  *bool  `json:"pressed,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
	Primary  bool   `json:"primary,omitempty"`
	Danger   bool   `json:"danger,omitempty"`
}

// Facts are named readings.
type Facts []Fact

// Fact is one reading. Role colours a swatch before its name; Wide takes a line of its own.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Role  string `json:"role,omitempty"`
	Title string `json:"title,omitempty"`
	Wide  bool   `json:"wide,omitempty"`
}

// Table is a table. Roles colour the columns' heads, or with ByRow a swatch before each row. With Act, a row is a button
// that sends the act with the row's Args entry; Chosen is the index of the row that is lit, -1 for none.
type Table struct {
	ID      string     `json:"id,omitempty"`
	Caption string     `json:"caption,omitempty"`
	Head    []string   `json:"head,omitempty"`
	Rows    [][]string `json:"rows"`
	Roles   []string   `json:"roles,omitempty"`
	ByRow   bool       `json:"byRow,omitempty"`
	Act     string     `json:"act,omitempty"`
	Args    []string   `json:"args,omitempty"`
	Chosen  int        `json:"chosen"`
	Scroll  bool       `json:"scroll,omitempty"` // a long one, in a box of its own
	Words   bool       `json:"words,omitempty"`  // sentences rather than numbers
}

// Legend explains signs: each a shape (disc, diamond, triangle, square, line, hatch, bar) in the colour of a role.
type Legend []Sign

// Sign is one entry of a Legend.
type Sign struct {
	Shape string `json:"shape"`
	Role  string `json:"role"`
	Text  string `json:"text"`
}

// Card groups blocks in a well, with a title and buttons beside it.
type Card struct {
	ID      string   `json:"id,omitempty"`
	Title   string   `json:"title,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	Blocks  Panel    `json:"blocks"`
}

// Details hold blocks that are shown when the user opens them. The page tells the viewer which are open, by ID.
type Details struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	Open   bool   `json:"open,omitempty"` // at first
	Blocks Panel  `json:"blocks"`
}

func (Lede) kind() string    { return "lede" }
func (Text) kind() string    { return "text" }
func (Note) kind() string    { return "note" }
func (Reason) kind() string  { return "reason" }
func (Heading) kind() string { return "heading" }
func (Range) kind() string   { return "range" }
func (Choice) kind() string  { return "choice" }
func (Toggle) kind() string  { return "toggle" }
func (Search) kind() string  { return "search" }
func (Number) kind() string  { return "number" }
func (Area) kind() string    { return "area" }
func (File) kind() string    { return "file" }
func (Buttons) kind() string { return "buttons" }
func (Facts) kind() string   { return "facts" }
func (Table) kind() string   { return "table" }
func (Legend) kind() string  { return "legend" }
func (Card) kind() string    { return "card" }
func (Details) kind() string { return "details" }

// MarshalJSON writes each block as [kind, content].
func (p Panel) MarshalJSON() ([]byte, error) {
	list := make([][2]any, len(p))
	for i, b := range p {
		list[i] = [2]any{b.kind(), b}
	}
	return json.Marshal(list)
}

// Bool gives a Button its pressed state.
func Bool(on bool) *bool { return &on }

var marks = strings.NewReplacer(`\`, `\\`, `*`, `\*`, "`", "\\`", `[`, `\[`, `]`, `\]`, `|`, `\|`)

// Plain is s without any meaning as markup: for names that come from data.
func Plain(s string) string { return marks.Replace(s) }
