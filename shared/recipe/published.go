package recipe

import "strings"

// The data sets that published methods tell apart, by the names of ours.
const (
	CIFAR10      = "cifar-10"
	CIFAR100     = "cifar-100"
	TinyImageNet = "tiny-imagenet"
	ImageNette   = "imagenette"
	ImageWoof    = "imagewoof"
	ImageNet1K   = "imagenet-1k"
)

// Published is the published data set that is nearest to the data: by its name, with which those of its editions begin, else
// by the side and number of classes.
func (d Dataset) Published() string {
	for _, name := range []string{CIFAR100, CIFAR10, TinyImageNet, ImageNette, ImageWoof, ImageNet1K} {
		if strings.HasPrefix(d.Name, name) {
			return name
		}
	}
	switch {
	case d.Size <= 32:
		return CIFAR100
	case d.Size <= 64:
		return TinyImageNet
	case d.Classes <= 50:
		return ImageNette
	}
	return ImageNet1K
}
