package protocol

import "strings"

func init() {
	register("fadrm", "FADRM's: stored labels of teachers in train mode, KL at T 20, AdamW; lr and eta by set, IPC and network", fadrm)
	register("best-of-four", "FADRM's with lr 0.0005 and 0.001 and eta 1 and 2, the best of the four chosen on the test images: likely what RETA's paper reports", bestOfFour)
}

// fadrm is the protocol of FADRM's relabel and validate scripts.
func fadrm(s Setup) Protocol {
	p := Protocol{
		Labels: Labels{
			Source: Stored, Batch: 16, Last: KeepLast, Seed: 42,
			Shuffle: 1, Area: [2]float64{0.08, 1}, Ratio: [2]float64{3. / 4, 4. / 3}, Flip: 0.5, Round: true,
			Mix: CutMix, MixBeta: 1, Box: EvenBox,
			Mode: TrainMode, Halves: true, Dropout: true, Weighting: Equal, Bits: 16,
		},
		Student: Student{
			Epochs: 300, Accumulation: 2, Loss: KL, Temperature: 20,
			Optimiser: AdamW, Schedule: Cosine, WeightDecay: 0.01, Decay: Matrices, ReportBest: true,
		},
		Test: Test{Every: 10, Crop: 1},
	}
	switch set := s.set(); {
	case set == cifar100 || set == cifar10 || set == tiny && s.IPC == 1:
		p.Student.Epochs = 1000
	case set == nette || set == woof:
		p.Labels.Batch = 10
	case s.plainTiny():
		p.Labels.Mode = EvalMode
	}
	if !s.small() {
		p.Test.Phase, p.Test.From = 9, 0.8
	}
	r := fadrmRates.of(s)
	if s.set() == full && (strings.HasPrefix(s.Student, "mobilenet") || strings.HasPrefix(s.Student, "densenet")) {
		r = rate{1e-3, 2} // the same authors' HALD
	}
	p.Student.LR, p.Student.Eta = r.lr, r.eta
	return p
}

// plainTiny reports whether the images are FADRM's of one teacher on Tiny-ImageNet at IPC 50, which its relabel script labels in
// eval mode.
func (s Setup) plainTiny() bool { return s.set() == tiny && s.IPC == 50 && s.Recipe == "fadrm" }

// Notes say where a preset's values for the images are not those of all others, or not the published ones: a sentence each.
func (s Setup) Notes(preset string) (list []string) {
	if preset != "fadrm" && preset != "best-of-four" {
		return nil
	}
	if s.plainTiny() {
		list = append(list, "labels.mode is eval: the authors' code labels images of plain FADRM on Tiny-ImageNet at IPC 50 so, and all others in train mode")
	}
	if s.set() == woof && s.IPC > 1 && s.Recipe != "fadrm" {
		list = append(list, "labels.batch is 10: the published scripts label ImageWoof in batches of 16, which their own training in batches of 10 cannot read")
	}
	return list
}

func bestOfFour(s Setup) Protocol {
	p := fadrm(s)
	p.Student.Search = true
	return p
}

// fadrmRates are those of FADRM's validate/train_fkd.py. ResNet-101 on ImageNette at IPC 10 is missing there, since a branch
// for IPC 1 stands twice; the same authors' HALD has it.
var fadrmRates = rates{
	cifar100: {
		"resnet18":  {{5e-4, 2}, {1e-3, 2}, {1e-3, 1}},
		"resnet50":  {{1e-3, 1}, {1e-3, 2}, {1e-3, 1}},
		"resnet101": {{5e-4, 1}, {5e-4, 1}, {5e-4, 1}},
	},
	tiny: {
		"resnet18":  {{1e-3, 2}, {1e-3, 2}, {1e-3, 1}},
		"resnet50":  {{5e-4, 2}, {5e-4, 2}, {5e-4, 1}},
		"resnet101": {{5e-4, 2}, {5e-4, 2}, {5e-4, 1}},
	},
	nette: {
		"resnet18":  {{5e-4, 2}, {5e-4, 1}, {5e-4, 2}},
		"resnet50":  {{5e-4, 2}, {5e-4, 1}, {5e-4, 1}},
		"resnet101": {{5e-4, 2}, {5e-4, 2}, {1e-3, 2}},
	},
	woof: {
		"resnet18":  {{5e-4, 2}, {5e-4, 1}, {1e-3, 2}},
		"resnet50":  {{5e-4, 2}, {5e-3, 1}, {5e-4, 1}},
		"resnet101": {{1e-3, 1}, {5e-4, 2}, {5e-4, 1}},
	},
	full: {
		"resnet18":  {{1e-3, 2}, {1e-3, 2}, {1e-3, 1}},
		"resnet50":  {{5e-4, 2}, {1e-3, 2}, {1e-3, 1}},
		"resnet101": {{3.5e-3, 2}, {1e-3, 2}, {5e-4, 1}},
	},
}
