// Package recipe says how images are recovered: every number of the loop of method RETA and of those it builds on, as
// plain data. A recipe is a value: read it, change it, Validate it, store it as JSON or TOML.
//
//	r, err := recipe.New("reta", recipe.Dataset{Name: "tiny-imagenet", Classes: 200, Size: 64, PerClass: 500})
//	r.IPC, r.PTA.On = 50, false
//	err = r.Validate()
//	for step := range r.Steps {
//		stage := r.StageOf(step) // its resolution, its steps
//		lr := r.LearningRate(step)
//		...
//	}
//
// A new method is a new file that registers a function from the facts of a dataset to its defaults. Equations are those
// of the RETA paper; where it is silent the default is marked "chosen".
package recipe
