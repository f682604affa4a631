// Package bundle makes, reads and checks bundles: folders of distilled images that
// others can use without this program.
//
//	train/CLASS/NUMBER.png   the images, an ImageFolder
//	train/metadata.csv       their classes, for Hugging Face's ImageFolder
//	labels/                  soft labels, where they were made (package label)
//	classes.txt              folder and name of each class, in order
//	config.toml              what the run was asked, where a run made it
//	load.py                  trains a PyTorch network on images and labels
//	README.md                the data card
//	manifest.json            all of it for programs, with a hash of every other file
//
// No file names a path outside of the folder, so it can be moved, copied and
// published as it is. Seal writes what can be derived and the manifest; Verify
// checks all of it.
package bundle
