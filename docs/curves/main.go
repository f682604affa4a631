// Command curves measures the pull-to-anchor effect (Eqns 7-9) and the topology loss (Eqn 11) on the features of a real
// teacher, prints the tables of docs/pull-to-anchor.md and draws its figures.
//
//	go run ./docs/curves --dataset cifar-100 --data cifar-100-binary.tar.gz --teacher resnet18-cifar100.safetensors \
//	    --features curves.safetensors --figures docs
//
// The device computes the features of the images and of their blends, which takes minutes on a CPU; --features keeps
// them, and with that file there the rest, some more minutes, needs neither data nor teacher.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
)

func main() {
	var from source
	var features, figures string
	flag.StringVar(&from.dataset, "dataset", "cifar-100", "image set the teacher was trained on")
	flag.StringVar(&from.data, "data", "", "archive or folder to read (default: download to the cache)")
	flag.StringVar(&from.teacher, "teacher", "", "weights, safetensors or PyTorch's .pth")
	flag.StringVar(&from.device, "device", "", "Vulkan device, by number or part of its name")
	flag.IntVar(&from.classes, "classes", 20, "how many classes, the first of the set")
	flag.IntVar(&from.each, "per-class", 50, "training images of each class, the first in file order")
	flag.StringVar(&features, "features", "", "file that keeps the features: read if it is there, else written")
	flag.StringVar(&figures, "figures", "", "folder for the figures (default: none are drawn)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, from, features, figures); err != nil {
		fmt.Fprintln(os.Stderr, "curves:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, from source, features, figures string) error {
	s, err := open(ctx, from, features)
	if err != nil {
		return err
	}
	if figures != "" && s.each < figureImages {
		return fmt.Errorf("%d images of a class: the figures want %d: raise --per-class, or leave out --figures", s.each, figureImages)
	}
	st, err := newStudy(s)
	if err != nil {
		return err
	}
	fmt.Printf("# %s: %d classes of %d images\n", s.title, s.classes, s.each)
	for _, part := range []func(io.Writer) error{
		st.turns, st.levels, st.loops, st.draws, st.margins, st.pixels, st.descents,
	} {
		if err := part(os.Stdout); err != nil {
			return err
		}
	}
	if figures == "" {
		return nil
	}
	return st.draw(figures)
}

// open reads the kept features, or computes and keeps them.
func open(ctx context.Context, from source, path string) (*sample, error) {
	s, err := readSample(path)
	if path != "" && !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	switch {
	case from.teacher == "":
		return nil, errors.New("--teacher is missing: want a file of weights, safetensors or PyTorch's .pth, or --features with kept features")
	case from.classes < 1 || from.each < 10:
		return nil, fmt.Errorf("%d classes of %d images: want 1 or more of 10 or more", from.classes, from.each)
	}
	if s, err = embed(ctx, from, os.Stderr); err != nil || path == "" {
		return s, err
	}
	return s, s.write(path)
}
