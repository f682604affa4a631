package recipe

// The rows of the residual connection.
var connectionRows = []Setting{
	{Name: "connection", Label: "residual connection", Help: "What is blended into the images at each stage's end but the last (Eqns 2 and 6)."},
	{Name: "alpha", Flag: "alpha", Label: "blend ratio", Symbol: "α", Help: "Weight of the synthetic image when its anchor is blended in at a stage's end; the anchor's is 1 - alpha (Eqn 6).",
		Max: 1, Live: &Slider{Max: 1}, Idle: Recipe.idleConnection},
}

func init() {
	register("connection",
		string(None), "no residual connection",
		string(Fixed), "the patch that the image started from (FADRM)",
		string(Retrieval), "the best of the class's pool for the image as it is now (DRC)")
}

func (r Recipe) idleConnection() string {
	switch {
	case r.Connection == None:
		return "this recipe has no residual connection"
	case r.Stages == 1:
		return "one stage has no residual connection"
	}
	return ""
}

// Anchor is where the image mixed in between stages comes from.
type Anchor string

// The anchors.
const (
	None      Anchor = "none"      // no residual connection
	Fixed     Anchor = "fixed"     // the patch the image started as (FADRM)
	Retrieval Anchor = "retrieval" // the best of the class's pool for the image as it is now (DRC)
)
