package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"reta/server/corrupt"
	"reta/server/run"
	"reta/shared/event"
)

// corruptionFlags choose corruptions of test images.
type corruptionFlags struct {
	names      []string
	severities []int
	seed       uint64
	stored     string // "": as the published sets are
	jpeg       int
}

func (f *corruptionFlags) add(fs *pflag.FlagSet, seed string) {
	fs.StringSliceVar(&f.names, "corruption", nil, "corruption, repeatable: "+strings.Join(corrupt.Names(), ", ")+" (default: all)")
	fs.IntSliceVar(&f.severities, "severity", nil, "severity from 1 to 5, repeatable (default: all)")
	fs.Uint64Var(&f.seed, seed, 1, "seed of the corruptions' random numbers")
	fs.StringVar(&f.stored, "stored", "", "how corrupted images are stored: png, or jpeg and a quality, as jpeg85 (default: as the published sets: png at 32 px, jpeg85 above)")
}

// check refuses what cannot be and puts corruptions into their order.
func (f *corruptionFlags) check() error {
	for i, name := range f.names {
		f.names[i] = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		if !slices.Contains(corrupt.Names(), f.names[i]) {
			return usage("--corruption %s: want one of %s", name, strings.Join(corrupt.Names(), ", "))
		}
	}
	for _, s := range f.severities {
		if s < 1 || s > corrupt.Severities {
			return usage("--severity %d: want 1 to %d", s, corrupt.Severities)
		}
	}
	chosen := f.names
	f.names = slices.DeleteFunc(corrupt.Names(), func(name string) bool { return len(chosen) > 0 && !slices.Contains(chosen, name) })
	if len(f.severities) == 0 {
		f.severities = []int{1, 2, 3, 4, 5}
	}
	slices.Sort(f.severities)
	f.severities = slices.Compact(f.severities)
	f.stored = strings.ToLower(f.stored)
	if f.stored == "" || f.stored == "png" {
		return nil
	}
	if n, err := fmt.Sscanf(f.stored, "jpeg%d", &f.jpeg); err != nil || n != 1 || f.jpeg < 1 || f.jpeg > 100 || f.stored != fmt.Sprintf("jpeg%d", f.jpeg) {
		return usage("--stored %s: want png, or jpeg1 to jpeg100", f.stored)
	}
	return nil
}

// quality is that of JPEG for images of a side, 0 for PNG.
func (f *corruptionFlags) quality(side int) int {
	if f.stored == "" {
		return corrupt.PublishedJPEG(side)
	}
	return f.jpeg
}

// corruptFlags are all that corrupt takes.
type corruptFlags struct {
	common commonFlags
	data   dataFlags
	corruptionFlags
	out string
}

func corruptCommand() *cobra.Command {
	var f corruptFlags
	c := &cobra.Command{
		Use:   "corrupt",
		Short: "Write corrupted test images: noise, blur, weather and digital ones at five severities",
		Long: `Corrupt writes the test images of a set as image folders, OUT/CORRUPTION/SEVERITY/CLASS, by the
fifteen corruptions and five severities of ImageNet-C, CIFAR-C and Tiny-ImageNet-C with the
constants of the nearest of their image sizes. An image depends on the seed, its name in the set,
corruption and severity alone. Frost is a computed texture, not the published photographs:
docs/corruptions.md says what else differs from the published sets, and how little.

Before it begins it says how long it will take and how much disk. Stopped at any moment, the same
command continues; other corruptions can be added later. A folder with anything else in it, or with
images of other settings, is refused. server accuracy --images reads the folders; server evaluate
--corruptions tests students on the same images without writing them.`,
		Example: `  server corrupt --dataset cifar-100 --out cifar-100-c
  server corrupt --dataset imagefruit --data imagenet --corruption fog --corruption snow --severity 3 --out fruit-c
  server accuracy --teacher resnet18-cifar100.safetensors --dataset cifar-100 --images cifar-100-c/fog/3`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.write(c) },
	}
	fs := c.Flags()
	f.common.add(fs)
	f.data.addName(fs, "cifar-100")
	fs.StringVar(&f.data.data, "data", "", "folder, archive, Parquet file or tar to read (default: download to the cache)")
	f.data.addSelection(fs)
	f.corruptionFlags.add(fs, "seed")
	fs.StringVar(&f.out, "out", "", "folder for the images, new or begun by the same command (required)")
	return c
}

func (f *corruptFlags) write(c *cobra.Command) error {
	if f.out == "" {
		return usage("--out is missing: want a folder for the images")
	}
	if err := firstError(f.data.check(), f.check()); err != nil {
		return err
	}
	log := f.common.console(c)
	defer log.close()
	f.data.perClass = 1 // of the training images none is wanted
	w, err := f.common.open(c.Context(), needs{data: f.data.options()}, log.show)
	if err != nil {
		return err
	}
	defer w.close()
	if err := tested(w.set); err != nil {
		return err
	}
	folders := run.ClassFolderNames(w.set.Classes)
	set := corrupt.NewSet(f.out, w.set.Name, w.set.Hash, w.set.Test, folders, w.set.Size, f.seed, f.quality(w.set.Size))
	unlock, err := run.LockFolder(f.out)
	if err != nil {
		return err
	}
	defer unlock()
	if err := set.Open(); err != nil {
		return dataError{err}
	}
	missing, err := set.Missing(f.names, f.severities)
	if err != nil {
		return dataError{err}
	}
	images := set.Images.Len()
	if done := len(f.names)*len(f.severities) - len(missing); done > 0 {
		log.say("corrupt: %s of %s in %s are there already", event.Counted(done, "folder"), event.Counted(images, "image"), f.out)
	}
	if set.Column != set.Size {
		log.say("corrupt: images of %d px are corrupted with the constants published for %d px", set.Size, set.Column)
	}
	if slices.ContainsFunc(missing, func(s corrupt.Setting) bool { return s.Corruption == "frost" }) {
		log.say("corrupt: %s", corrupt.FrostNote)
	}
	if len(missing) > 0 {
		seconds, size, err := set.Forecast(missing)
		if err != nil {
			return err
		}
		log.say("corrupt: %s of %s: about %s on %s and %.0f MB of disk", event.Counted(len(missing), "folder"), event.Counted(images, "image"),
			event.Duration(seconds), event.Counted(runtime.GOMAXPROCS(0), "processor"), float64(size)/1e6)
	}
	total := len(missing) * images
	err = set.Write(c.Context(), missing, func(done int, of corrupt.Setting) {
		log.show(event.Status{State: event.Loading, Phase: "corrupt", Text: fmt.Sprintf("%s, severity %d", of.Corruption, of.Severity), Done: done, Total: total})
	})
	if onRequest(err) {
		return stopped{err, sameCommand()}
	}
	if err != nil {
		return err
	}
	log.close()
	if f.common.json {
		return printJSON(c.OutOrStdout(), map[string]any{"out": f.out, "corruptions": f.names, "severities": f.severities, "images": images, "written": len(missing),
			"size": set.Size, "constants": set.Column, "seed": set.Seed, "jpeg": set.JPEG, "frost": set.Frost})
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), f.out)
	return err
}
