package recipe_test

import (
	"fmt"

	"reta/shared/recipe"
)

func ExampleNew() {
	d := recipe.Dataset{Name: "tiny-imagenet", Classes: 200, Size: 64, PerClass: 500}
	r, err := recipe.New("reta", d)
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Steps, r.IPC = 40, 2
	for i := range r.Stages {
		s := r.Stage(i)
		fmt.Printf("stage %d: steps %d-%d at %d px, connects: %v\n", i, s.First, s.End-1, s.Resolution, r.Connects(i))
	}
	r.Steps = 3
	fmt.Println(r.Validate())
	// Output:
	// stage 0: steps 0-9 at 64 px, connects: true
	// stage 1: steps 10-19 at 64 px, connects: true
	// stage 2: steps 20-29 at 64 px, connects: true
	// stage 3: steps 30-39 at 64 px, connects: false
	// recipe: steps = 3: want 4 or more, one step a stage at least; raise steps or lower stages
}
