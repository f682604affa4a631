package main

import (
	"github.com/spf13/cobra"

	"reta/compute/vk"
	"reta/server/dataset"
	"reta/server/run"
	"reta/shared/event"
)

// print prints the config that a run would have.
func (f *distilFlags) print(c *cobra.Command, config run.Config) error {
	if err := f.complete(c, &config); err != nil {
		return err
	}
	if f.teachers.features != "" {
		if len(config.Teachers) > 0 {
			return usage("--features names a network that is known once its --teacher file is read, --print-config reads none: want --set phi=NUMBER, counted from 0")
		}
		facts, err := f.data.facts()
		if err != nil {
			return err
		}
		if err := config.TakeFeatures(f.teachers.features, nil, facts.Size); err != nil {
			return usage("--features %w", err)
		}
	}
	text, err := config.Encode()
	if err != nil {
		return err
	}
	if !config.Brings() {
		text = append([]byte("# network and [training] of the teacher follow from images and device, which are not here\n"), text...)
	}
	_, err = c.OutOrStdout().Write(text)
	return err
}

// complete fills in what images and device decide. Images are downloaded for the recipe's sake only, and a machine without a
// device leaves the teacher open.
func (f *distilFlags) complete(c *cobra.Command, config *run.Config) error {
	o := options(*config)
	var err error
	if o.Cache, err = f.common.cacheDir(); err != nil {
		return err
	}
	if open := config.Recipe.Name == ""; !open && (config.Settled(f.teachers.preset) || !dataset.Here(*o)) {
		return nil
	}
	w, err := f.common.open(c.Context(), needs{data: o}, func(event.Event) {})
	if err != nil {
		return err
	}
	defer w.close()
	if config.Recipe.Name == "" {
		if config.Recipe, err = f.recipe.build(run.Facts(w.set)); err != nil {
			return err
		}
	}
	dev, err := vk.Open(vk.Options{Device: f.common.device, Precision: vk.Precision(f.common.precision)}) // without its cache, which is a file
	if err != nil {
		return nil
	}
	defer dev.Close()
	if err := config.Settle(dev.Info(), w.set, f.teachers.preset); err != nil {
		return usage("--teacher-%w", err)
	}
	return nil
}
