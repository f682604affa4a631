package run

import (
	"slices"
	"strings"
	"testing"

	"reta/compute/graph/graphtest"
	"reta/compute/models"
	"reta/compute/train"
)

// FADRM+'s and CV-DD's teachers by set and IPC, as their code has them; all are networks that there are.
func TestTeam(t *testing.T) {
	for _, c := range []struct {
		name, dataset string
		size, ipc     int
		want          string
	}{
		{"cv-dd", "cifar-100", 32, 10, "resnet18 resnet50 shufflenetv2-x0.5 mobilenetv2 densenet121"},
		{"cv-dd", "imagenette", 224, 10, "resnet18 resnet50 shufflenetv2-x1.0 mobilenetv2 densenet121"},
		{"edc", "cifar-100", 32, 10, "resnet18 convnet3 mobilenetv2 shufflenetv2-x0.5"},
		{"edc", "imagenet-1k", 224, 10, "resnet18 mobilenetv2 efficientnet-b0 shufflenetv2-x0.5 alexnet"},
		{"g-vbsm", "imagenet-1k", 224, 10, "resnet18 mobilenetv2 efficientnet-b0 shufflenetv2-x0.5"},
		{"g-vbsm", "tiny-imagenet", 64, 10, "resnet18 convnet3 mobilenetv2 shufflenetv2-x0.5"},
		{"cv-dd", "demo", 32, 10, "resnet-mini densenet-mini shufflenetv2-mini mobilenetv2-mini"},
		{Team, "cifar-100", 32, 1, "resnet18 densenet121 shufflenetv2-x0.5 mobilenetv2"},
		{Team, "tiny-imagenet", 64, 1, "resnet18 shufflenetv2-x0.5 mobilenetv2"},
		{Team, "tiny-imagenet", 64, 10, "resnet18 shufflenetv2-x0.5 densenet121 mobilenetv2"},
		{Team, "imagenette", 224, 1, "resnet18 densenet121 shufflenetv2-x1.0 mobilenetv2"},
		{Team, "imagenet-1k", 224, 1, "resnet18 mobilenetv2 shufflenetv2-x1.0 alexnet"},
		{Team, "imagenet-1k", 224, 50, "resnet18 densenet121 shufflenetv2-x1.0 mobilenetv2"},
		{Team, "demo", 32, 10, "resnet-mini densenet-mini shufflenetv2-mini mobilenetv2-mini"},
	} {
		got := team(c.name, c.dataset, c.size, c.ipc)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s at IPC %d: %v, want %s", c.dataset, c.ipc, got, c.want)
		}
		if err := CheckNetworks(got); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		list []string
		want string
	}{
		{[]string{"resnet18", "vgg"}, `unknown network "vgg"`},
		{[]string{"resnet18", "resnet18"}, "resnet18 twice: want each network once"},
		{[]string{"resnet18", Team}, "fadrm+ names all the teachers: want it alone"},
	} {
		if err := CheckNetworks(c.list); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.list, err, c.want)
		}
	}
}

// The features are those of the teacher that is named, in the order of the teachers.
func TestTakeFeatures(t *testing.T) {
	for _, c := range []struct {
		config  Config
		given   []*models.Model
		network string
		want    int
		err     string
	}{
		{Config{Dataset: "cifar-100", Networks: []string{Team}}, nil, "shufflenetv2-x0.5", 2, ""},
		{Config{Dataset: "demo", Networks: []string{Team}}, nil, "densenet-mini", 1, ""},
		{Config{Dataset: "demo"}, nil, "resnet-mini", 0, ""},
		{Config{Dataset: "cifar-100"}, []*models.Model{{Name: "resnet50"}, {Name: "resnet18"}}, "resnet18", 1, ""},
		{Config{Dataset: "demo"}, nil, "resnet18", 0, "resnet18: want the network of a teacher of this run: resnet-mini"},
	} {
		err := c.config.TakeFeatures(c.network, c.given, 32)
		if c.err == "" && (err != nil || c.config.Recipe.Phi != c.want) {
			t.Errorf("%v: phi = %d, %v; want %d", c.config, c.config.Recipe.Phi, err, c.want)
		} else if c.err != "" && (err == nil || err.Error() != c.err) {
			t.Errorf("%v: %v, want %s", c.config, err, c.err)
		}
	}
}

// Several networks are trained once and found the next time; the demo set's own four are brought along, each in its class order.
func TestTeachersOfATeam(t *testing.T) {
	r, trained := demoRun(t, graphtest.Device(t), 8, Config{Networks: []string{"resnet8", "shufflenetv2-mini"}, Epochs: 1})
	r.Config.Recipe.IPC = 1
	files, err := r.ownTeachers(t.Context())
	if err != nil || len(files) != 2 || len(trained) != 2 {
		t.Fatalf("%v, trained %v, %v", files, trained, err)
	}
	clear(trained)
	if again, err := r.ownTeachers(t.Context()); err != nil || !slices.Equal(files, again) || len(trained) != 0 {
		t.Errorf("again: %v, trained %v, %v; want %v and none", again, trained, err, files)
	}
	r.Config = Config{Dataset: "demo", Networks: []string{Team}, Recipe: r.Config.Recipe}
	if files, err = r.ownTeachers(t.Context()); err != nil || len(files) != 4 || len(trained) != 0 {
		t.Fatalf("the demo's own: %v, trained %v, %v", files, trained, err)
	}
	list, err := ReadTeachers(r.Device, files, "")
	if err != nil {
		t.Fatal(err)
	}
	defer freeAll(list)
	for _, m := range list {
		if score, err := train.Estimate(t.Context(), r.Device, m, r.data); err != nil || score.Top1 < 0.9 {
			t.Errorf("%s: top-1 %.2f of two classes, %v", m.Name, score.Top1, err)
		}
	}
}
