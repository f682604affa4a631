package dataset

const imagefruitNames = `
n07718472 cucumber
n07720875 bell pepper
n07742313 Granny Smith
n07745940 strawberry
n07747607 orange
n07749582 lemon
n07753113 fig
n07753275 pineapple
n07753592 banana
n07768694 pomegranate`

func init() { registerSubset("imagefruit", "ImageFruit: ten fruits and vegetables", imagefruitNames) }
