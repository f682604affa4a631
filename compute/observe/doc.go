// Package observe emits events of a recover run for viewers and logs: it reads the group of classes being optimised between two
// steps and makes events of it. The engine knows it as a distill.Observer; a run without one makes nothing of this.
//
//	job.Observer = observe.New(observe.Options{Emit: hub.Publish, Wants: wants, Shown: shown})
//
// Pictures (images, feature spaces, thumbnails, retrievals) are made where Wants says that somebody sees or records them, and
// never so often that making them takes more than a small share of the time.
package observe
