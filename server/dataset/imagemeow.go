package dataset

const imagemeowNames = `
n02123045 tabby
n02123159 tiger cat
n02123394 Persian cat
n02123597 Siamese cat
n02124075 Egyptian cat
n02127052 lynx
n02128757 snow leopard
n02128925 jaguar
n02129165 lion
n02129604 tiger`

func init() { registerSubset("imagemeow", "ImageMeow: ten cats", imagemeowNames) }
