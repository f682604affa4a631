package recipe

func init() {
	Register("reta", reta)
	describe("reta", Method{About: "RETA: FADRM's loop with retrieved anchors (DRC) and topology alignment (PTA)", Source: "arXiv 2602.24144", Teachers: 4})
}

// reta is FADRM's loop with the anchor retrieved anew at each stage's end (DRC) and the shape of each class's features
// aligned with the real ones (PTA).
func reta(d Dataset) Recipe {
	r := base(d)
	r.Connection = Retrieval
	r.PTA.On = true
	return r
}
