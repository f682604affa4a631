package recipe

// The rows of the optimiser, Adam with cosine decay to 0 over all steps and fresh moments at each stage.
var optimiserRows = []Setting{
	{Name: "lr", Flag: "lr", Label: "learning rate", Symbol: "η", Help: "Initial learning rate of Adam on the pixels, for a cosine schedule; a change during a run scales the rest of the schedule.",
		Min: 1e-6, Max: 100, Live: &Slider{Max: 1, Log: true}},
	{Name: "betas", Label: "betas", Symbol: "β", Help: "Adam's decay rates of the two moments.", Max: 0.999999},
	{Name: "epsilon", Label: "epsilon", Symbol: "ε", Help: "Adam's term against division by 0.", Min: 1e-12, Max: 1},
}
