package dataset

const imageyellowNames = `
n01531178 goldfinch
n01773157 black and gold garden spider
n02129165 lion
n02206856 bee
n03530642 honeycomb
n04146614 school bus
n07749582 lemon
n07753592 banana
n12057211 yellow lady's slipper
n12144580 corn`

func init() { registerSubset("imageyellow", "ImageYellow: ten yellow things", imageyellowNames) }
