package recipe

import "strings"

// Prior is how good CV-DD's code takes a network to be alone as a teacher on the published set that is nearest to the data:
// the accuracy, in per cent, of a student on images distilled with it. It knows five networks; of others it reports false.
func Prior(d Dataset, network string) (percent float64, known bool) {
	of := priors[d.Published()]
	if of == nil {
		of = priors[ImageNette]
	}
	for name, v := range of {
		if network == name {
			return v, true
		}
		if strings.HasPrefix(network, name) && !strings.HasPrefix(network, "resnet") { // shufflenetv2-x0.5, mobilenetv2, densenet121
			percent, known = v, true
		}
	}
	return percent, known
}

var priors = map[string]map[string]float64{
	CIFAR10:      {"resnet18": 63, "resnet50": 65.3, "shufflenet": 68.5, "mobilenet": 67.6, "densenet": 67.4},
	CIFAR100:     {"resnet18": 64, "resnet50": 60.6, "shufflenet": 51.6, "mobilenet": 59.4, "densenet": 56.4},
	TinyImageNet: {"resnet18": 46.5, "resnet50": 28.3, "shufflenet": 43.6, "mobilenet": 44.8, "densenet": 41.5},
	ImageNette:   {"resnet18": 62.4, "resnet50": 52, "shufflenet": 57.2, "mobilenet": 54, "densenet": 60.8},
	ImageNet1K:   {"resnet18": 56.4, "resnet50": 42.3, "shufflenet": 52.5, "mobilenet": 44.2, "densenet": 40.6},
}

// FixedPair are the families of the two teachers that CV-DD takes at IPC 1 on some sets; false: the two of the best priors.
func FixedPair(d Dataset) (pair [2]string, fixed bool) {
	switch d.Published() {
	case ImageNette, CIFAR10:
		return [2]string{"mobilenet", "densenet"}, true
	case CIFAR100:
		return [2]string{"shufflenet", "mobilenet"}, true
	}
	return pair, false
}
