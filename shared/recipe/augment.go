package recipe

import "math"

// The rows of the augmentation.
var augmentRows = []Setting{
	{Name: "crop.area", Label: "crop area", Help: "Range of the share of the image that a step's random resized crop keeps.", Min: 0.001, Max: 1, Range: true},
	{Name: "crop.ratio", Label: "crop ratio", Help: "Range of a crop's width over its height.", Min: 0.1, Max: 10, Range: true},
	{Name: "pad", Label: "shift", Unit: "pixels", Help: "Images are shifted by up to so many pixels along each axis over the mean colour, in the place of a crop.", Max: 1023},
	{Name: "crop_schedule", Label: "crop schedule", Help: "How the least area of a crop changes over the steps.", Absent: "constant", Idle: Recipe.idleCropSchedule},
	{Name: "shared_crop", Label: "shared crop", Help: "One crop and one flip for the whole batch."},
	{Name: "flip", Label: "flip probability", Help: "Probability of a horizontal flip.", Max: 1},
	{Name: "jitter", Label: "roll", Symbol: "J", Unit: "pixels", Help: "Images are rolled by a random number of pixels from 0 to J along each axis.", Max: 1023},
	{Name: "roll_both", Label: "roll both ways", Help: "Roll by -jitter to jitter instead (SRe2L at 64 px).", Idle: Recipe.idleRoll},
}

func init() {
	register("crop_schedule", string(ConstantCrop), "not at all", string(CosineCrop), "it falls from the whole image to crop.area's by half a cosine (DELT)")
}

func (r Recipe) idleCropSchedule() string {
	if r.Crop.Whole() {
		return "images are not cropped"
	}
	return ""
}

func (r Recipe) idleRoll() string {
	if r.Jitter == 0 {
		return "images are not rolled (jitter 0)"
	}
	return ""
}

// Crop is a random resized crop. Area is the range of the share of the image kept, Ratio that of width over height.
type Crop struct {
	Area  [2]float64 `json:"area" toml:"area"`
	Ratio [2]float64 `json:"ratio" toml:"ratio"`
}

// CropSchedule is how the least area of a crop changes over the steps.
type CropSchedule string

// The schedules of crops.
const (
	ConstantCrop CropSchedule = "constant"
	CosineCrop   CropSchedule = "cosine" // from 1 to Area[0] by half a cosine (DELT)
)

// CropAt is the crop of a step, softened as the recipe says.
func (r Recipe) CropAt(step int) Crop {
	c := r.Softened().Crop
	if r.CropSchedule == CosineCrop && !c.Whole() {
		c.Area[0] += (c.Area[1] - c.Area[0]) * (1 + math.Cos(math.Pi*float64(step)/float64(r.Steps))) / 2
	}
	return c
}

// wholeImage keeps the image as it is.
var wholeImage = Crop{Area: [2]float64{1, 1}, Ratio: [2]float64{1, 1}}

// Whole reports whether the crop keeps every image as it is.
func (c Crop) Whole() bool { return c == wholeImage }
