package retrieval

// DRC sets the Dynamic Retrieval Connection, Eqns 4 and 5.
type DRC struct {
	Lambda      float64 `json:"lambda" toml:"lambda"`             // weight of complexity against fit, 0 to 1
	Scale       Scale   `json:"scale" toml:"scale"`               // how the two are made comparable (chosen)
	TopM        int     `json:"top_m" toml:"top_m"`               // candidates kept to show why one won
	NoRepeat    bool    `json:"no_repeat" toml:"no_repeat"`       // no anchor twice within a class at a stage
	ExcludeSelf bool    `json:"exclude_self" toml:"exclude_self"` // never the image's own starting patch
	BlurSigma   float64 `json:"blur_sigma" toml:"blur_sigma"`     // of the Gaussian in Eqn 5, pixels (chosen)
}

// Scale is how fit and complexity are normalised before they are added; on raw scales complexity, near 2e-5, would
// never change a choice.
type Scale string

// The scales.
const (
	Percentile Scale = "percentile" // log c between its 5th and 95th percentile in the class; fit from its least to its 95th
	Raw        Scale = "raw"        // Eqn 4 to the letter
	ZScore     Scale = "zscore"     // mean 0, deviation 1
	Rank       Scale = "rank"       // place in the class, 0 to 1
)
