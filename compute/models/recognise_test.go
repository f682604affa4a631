package models_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"reta/compute/models"
	"reta/compute/models/modelstest"
)

// otherNames are the tensors of a network as another program names them.
func otherNames(t *testing.T, naming, network string) map[string][]int {
	t.Helper()
	f, err := os.Open("testdata/other_names.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	shapes := map[string][]int{}
	for s := bufio.NewScanner(f); s.Scan(); {
		words := strings.Fields(s.Text())
		if words[0] != naming || words[1] != network {
			continue
		}
		var shape []int
		for _, n := range strings.Split(words[3], ",") {
			extent, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			shape = append(shape, extent)
		}
		shapes[words[2]] = shape
	}
	return shapes
}

func prefixedBy(prefix string, shapes map[string][]int) map[string][]int {
	out := map[string][]int{}
	for name, shape := range shapes {
		out[prefix+name] = shape
	}
	return out
}

// A network is known by its tensors alone, as other programs name them, below any prefix and beside other things.
func TestNetworksAreRecognised(t *testing.T) {
	torchvision := func(network string) map[string][]int {
		shapes := map[string][]int{}
		for _, e := range modelstest.Torchvision(t, network) {
			shapes[e.Name] = e.Shape
		}
		return shapes
	}
	with := func(shapes map[string][]int, more ...map[string][]int) map[string][]int {
		shapes = prefixedBy("", shapes)
		for _, m := range more {
			for name, shape := range m {
				shapes[name] = shape
			}
		}
		return shapes
	}
	convnet := func(network string, size int) map[string][]int {
		list, err := models.Layout(network, models.Spec{Classes: 10, Size: size})
		if err != nil {
			t.Fatal(err)
		}
		shapes := map[string][]int{}
		for _, p := range list {
			shapes[p.Name] = p.Shape
		}
		return shapes
	}
	net := torchvision("resnet18")
	for _, c := range []struct {
		what   string
		shapes map[string][]int
		want   string // network, stem, classes, size, naming, prefix, parts that are left
	}{
		{"torchvision 18", net, "resnet18 imagenet 1000 0   []"},
		{"torchvision 50", torchvision("resnet50"), "resnet50 imagenet 1000 0   []"},
		{"torchvision 101", torchvision("resnet101"), "resnet101 imagenet 1000 0   []"},
		{"timm", otherNames(t, "timm", "resnet50"), "resnet50 imagenet 1000 0   []"},
		{"pytorch-cifar100 18", otherNames(t, "pytorch-cifar100", "resnet18"), "resnet18 cifar 100 0 pytorch-cifar100  []"},
		{"pytorch-cifar100 50", otherNames(t, "pytorch-cifar100", "resnet50"), "resnet50 cifar 100 0 pytorch-cifar100  []"},
		{"FADRM 18", otherNames(t, "kuangliu", "resnet18"), "resnet18 cifar 100 0 kuangliu  []"},
		{"FADRM 50, DataParallel", prefixedBy("module.", otherNames(t, "kuangliu", "resnet50")), "resnet50 cifar 100 0 kuangliu module. []"},
		{"FADRM DenseNet-121", otherNames(t, "kuangliu", "densenet121"), "densenet121 cifar 100 0 kuangliu  []"},
		{"FADRM MobileNetV2", otherNames(t, "kuangliu", "mobilenetv2"), "mobilenetv2 cifar 100 0 kuangliu  []"},
		{"FADRM ShuffleNetV2", otherNames(t, "kuangliu", "shufflenetv2-x0.5"), "shufflenetv2-x0.5 cifar 100 0 kuangliu  []"},
		{"ConvNet of 48 px", convnet("convnet3", 48), "convnet3 cifar 10 48   []"},
		{"ConvNet of 64 channels", convnet("convnet3-w64", 32), "convnet3-w64 cifar 10 32   []"},
		{"the same below a prefix", prefixedBy("module.", convnet("convnet3-w64", 32)), "convnet3-w64 cifar 10 32  module. []"},
		{"with batch norm", convnet("convnet4-w32-bn", 64), "convnet4-w32-bn cifar 10 64   []"},
		{"of one block", convnet("convnet1", 16), "convnet1 cifar 10 16   []"},
		{"of nine", convnet("convnet9-w999", 512), "convnet9-w999 cifar 10 512   []"},
		{"of two widths", with(convnet("convnet3-w64", 32), map[string][]int{"features.4.weight": {32, 64, 3, 3}}), "0"},
		{"of no channels", with(convnet("convnet3-w64", 32), map[string][]int{"features.0.weight": {0, 3, 3, 3}}), "0"},
		{"Lightning", with(prefixedBy("net.", net), map[string][]int{"criterion.weight": {10}}), "resnet18 imagenet 1000 0  net. [criterion.]"},
		{"an average beside it", with(net, prefixedBy("ema.", net)), "resnet18 imagenet 1000 0   [ema.]"},
		{"two networks", with(prefixedBy("student.", net), prefixedBy("teacher.", net)), "2"},
		{"a tensor more", with(net, map[string][]int{"layer9.weight": {1}}), "0"},
		{"another shape", with(net, map[string][]int{"layer1.0.conv1.weight": {64, 64, 5, 5}}), "0"},
		{"nothing", nil, "0"},
	} {
		fits, left := models.Recognise(c.shapes)
		got := fmt.Sprint(len(fits))
		// without a norm's or the input's word a ConvNet has no stem
		if fits = slices.CompactFunc(fits, func(a, b models.Fit) bool { return strings.HasPrefix(a.Network, "convnet") && a.Network == b.Network }); len(fits) == 1 {
			f := fits[0]
			got = fmt.Sprint(f.Network, " ", f.Spec.Stem, " ", f.Spec.Classes, " ", f.Spec.Size, " ", f.Naming, " ", f.Prefix, " ", left)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// Names without end and parts without end cost no time.
func TestHostileNamesCostNoTime(t *testing.T) {
	shapes := map[string][]int{}
	for i := range 100000 {
		shapes[fmt.Sprintf("part%d.conv2_x.%d.residual_function.0.weight", i, i)] = []int{1}
	}
	began := time.Now()
	if fits, _ := models.Recognise(shapes); len(fits) != 0 || time.Since(began) > 2*time.Second {
		t.Errorf("%v after %v", fits, time.Since(began))
	}
}
