// Package evaluate measures what images are worth: it trains students on them from scratch and tests them.
//
//	set := &evaluate.Set{Kind: event.Distilled, Images: images, Hash: hash, Soft: labels}
//	job := evaluate.Job{Data: data, Dir: dir, Emit: emit, Trials: []evaluate.Trial{
//		{Set: set, Labels: event.SoftLabels, Student: "convnet3", Seed: 1, Protocol: p},
//		...
//	}}
//	outcomes, err := job.Run(ctx, dev)
//
// A trial is one student on one set of images with one kind of labels and one seed. Trials are finished one by one and kept;
// one that is stopped or killed goes on from its checkpoint to the same bits.
//
// The step of a student is one program, recorded once for all trials that differ in images, seed or learning rate only. It
// takes the views, labels and rates of its steps out of tables that the host fills ahead, so the device does not wait for
// the host between steps.
package evaluate
