// Package run carries out one distillation from the command to the exported
// images: it opens the data, finds or trains the teachers, recovers, keeps
// everything in a run folder and can go on after a stop.
//
// A run folder holds
//
//	config.toml    what was asked, with every default spelled out
//	meta.json      versions, device, hashes
//	cost.json      what recovery took
//	images.bin     fingerprints of the images used
//	events.reta    all that happened, as package event's log
//	checkpoints/   what an interrupted run continues from
//	export/        the images as a bundle, see package bundle
//	labels/        soft labels of these images, once they are relabelled (package label)
//	LOCK           held while a process works in the folder
//
// The folder of a shard (Shard) is the same, with what its part of a phase has made; Merge puts shards together.
//
// A second run in the same folder continues it, or refuses; nothing that is
// finished is written over.
package run
