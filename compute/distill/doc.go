// Package distill is recover: it turns real images and frozen teachers into IPC
// synthetic images per class (Eqns 1-11 of the paper).
//
//	out, err := distill.Recover(ctx, dev, distill.Job{
//		Recipe: r, Teachers: teachers, Data: data, Emit: hub.Publish,
//	})
//
// # Lockstep
//
// Classes are worked on in groups of at most Recipe.Batch. A group's images
// [IPC,C,D,D,3] live on the device with their Adam moments; a step moves every
// image once, IPC batches of one image per class, because the batch-norm loss
// is defined on that mix. Topology alignment needs whole classes instead: every
// T steps a class's images pass together, un-augmented, and move through the
// same moments. Groups do not see each other: a group is what is checkpointed,
// resumed and, one day, sent to another machine.
//
// # Randomness
//
// Every random number is a function of (seed, stream, position), never of what
// was drawn before, so that a resumed run continues with the same bits.
//
// # Steering
//
// Settings that a step reads afresh can change between two steps (Steering). The
// recipe of a step is a function of what was asked and of the list of changes, each
// with the group and step from which it holds "from now on": for the group's
// later steps and for all later groups.
package distill
