package recipe

// The rows of the dynamic retrieval connection.
var drcRows = []Setting{
	{Name: "drc.lambda", Flag: "lambda", Label: "complexity weight", Symbol: "λ", Help: "Weight of an anchor's complexity against its fit (Eqn 4): at 0 the nearest real image wins, at 1 the plainest.",
		Max: 1, Live: &Slider{Max: 1}, Idle: Recipe.idleRetrieval},
	{Name: "drc.scale", Label: "scale", Help: "How fit and complexity are made comparable.", Chosen: true, Idle: Recipe.idleRetrieval},
	{Name: "drc.top_m", Label: "candidates shown", Help: "Candidates kept to show why one won; the images do not depend on it.", Min: 1, Max: 64, Idle: Recipe.idleRetrieval},
	{Name: "drc.no_repeat", Flag: "no-repeat", Label: "no repeats", Help: "No anchor twice within a class at a stage.", Idle: Recipe.idleRetrieval},
	{Name: "drc.exclude_self", Flag: "exclude-self", Label: "exclude own patch", Help: "Never retrieve the patch an image started as.", Idle: Recipe.idleRetrieval},
	{Name: "drc.blur_sigma", Label: "blur", Symbol: "σ", Unit: "pixels", Help: "Standard deviation of the Gaussian in Eqn 5.", Max: 64, Chosen: true, Idle: Recipe.idleConnection},
}

func init() {
	register("drc.scale",
		string(Percentile), "log c between its 5th and 95th percentile in the class; fit from its least to its 95th",
		string(Raw), "Eqn 4 to the letter",
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

// DRC sets the Dynamic Retrieval Connection, Eqns 4 and 5. It decides only with Connection Retrieval; fixed anchors are
// weighed with BlurSigma, to be compared.
type DRC struct {
	Lambda      float64 `json:"lambda" toml:"lambda"`             // weight of complexity against fit, 0 to 1
	Scale       Scale   `json:"scale" toml:"scale"`               // how the two are made comparable (chosen)
	TopM        int     `json:"top_m" toml:"top_m"`               // candidates kept to show why one won
	NoRepeat    bool    `json:"no_repeat" toml:"no_repeat"`       // no anchor twice within a class at a stage
	ExcludeSelf bool    `json:"exclude_self" toml:"exclude_self"` // never the image's own starting patch
	BlurSigma   float64 `json:"blur_sigma" toml:"blur_sigma"`     // of the Gaussian in Eqn 5, pixels (chosen)
}

// Scale is how fit and complexity are normalised before they are weighed; on raw scales complexity, near 2e-5, would
// never change a choice.
type Scale string

// The scales.
const (
	Percentile Scale = "percentile" // log c between its 5th and 95th percentile in the class; fit from its least to its 95th
	Raw        Scale = "raw"        // Eqn 4 to the letter
	ZScore     Scale = "zscore"     // mean 0, deviation 1
	Rank       Scale = "rank"       // place in the class, 0 to 1
)
