package recipe

import "reta/shared/retrieval"

// The rows of the dynamic retrieval connection.
var drcRows = []Setting{
	{Name: "drc.lambda", Flag: "lambda", Label: "complexity weight", Symbol: "λ", Help: "Complexity weight in an anchor's score, the rest is fit (Eqn 4): 0 takes the nearest real image, 1 the least complex.",
		Max: 1, Live: &Slider{Max: 1}, Idle: Recipe.idleRetrieval},
	{Name: "drc.scale", Label: "scale", Help: "How fit and complexity are made comparable.", Chosen: true, Idle: Recipe.idleRetrieval},
	{Name: "drc.top_m", Label: "candidates shown", Help: "Candidates kept for the viewer, to show why one won; no effect on the images.", Min: 1, Max: 64, Idle: Recipe.idleRetrieval},
	{Name: "drc.no_repeat", Flag: "no-repeat", Label: "no repeats", Help: "Use no anchor twice within a class at one stage.", Idle: Recipe.idleRetrieval},
	{Name: "drc.exclude_self", Flag: "exclude-self", Label: "exclude own patch", Help: "Never retrieve the patch that an image started from.", Idle: Recipe.idleRetrieval},
	{Name: "drc.blur_sigma", Label: "blur", Symbol: "σ", Unit: "pixels", Help: "Standard deviation of the Gaussian in Eqn 5.", Max: 64, Chosen: true, Idle: Recipe.idleConnection},
}

func init() {
	register("drc.scale",
		string(Percentile), "log c between its 5th and 95th percentile in the class; fit from its least to its 95th",
		string(Raw), "Eqn 4 as printed",
		string(ZScore), "mean 0, deviation 1",
		string(Rank), "place in the class, 0 to 1")
}

func (r Recipe) idleRetrieval() string {
	if why := r.idleConnection(); why != "" {
		return why
	}
	if r.Connection != Retrieval {
		return "this recipe retrieves no anchors: its connection is " + string(r.Connection)
	}
	return ""
}

// DRC sets the Dynamic Retrieval Connection. It decides only with Connection Retrieval; fixed anchors are judged with
// BlurSigma, to be compared. The type is shared/retrieval's, which the page carries without the table of settings.
type DRC = retrieval.DRC

// Scale is how fit and complexity are normalised before they are added.
type Scale = retrieval.Scale

// The scales.
const (
	Percentile = retrieval.Percentile
	Raw        = retrieval.Raw
	ZScore     = retrieval.ZScore
	Rank       = retrieval.Rank
)
