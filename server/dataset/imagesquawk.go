package dataset

const imagesquawkNames = `
n01518878 ostrich
n01614925 bald eagle
n01806143 peacock
n01818515 macaw
n01819313 sulphur-crested cockatoo
n01843383 toucan
n01860187 black swan
n02007558 flamingo
n02051845 pelican
n02056570 king penguin`

func init() { registerSubset("imagesquawk", "ImageSquawk: ten birds", imagesquawkNames) }
