package recipe

func init() {
	Register("cv-dd", cvdd)
	describe("cv-dd", Method{About: "CV-DD: two teachers in every step, chosen by the image's number and weighted by their priors",
		Source: "Cui et al. 2025, github.com/Jiacheng8/CV-DD", Teachers: 5})
}

// cvdd is CV-DD: SRe2L++ with two teachers in every step, whose losses count softmax(prior/5) over the two. At IPC 1 the
// pair is fixed by the data set; up to as many images as there are pairs, image i takes pair i of the teachers in order;
// with more, a pair drawn by the seed. Departs: images are kept as PNG, not JPEG, and the draw of pairs is ours. Its priors
// are of five networks on five sets: `server prior` measures those of others; without any all teachers count the same.
func cvdd(d Dataset) Recipe {
	r := sre2lpp(d)
	r.Ensemble = Pair
	return r
}
