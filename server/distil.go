package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"reta/compute/bench"
	"reta/compute/graph"
	"reta/server/dataset"
	"reta/server/engine"
	"reta/server/report"
	"reta/server/run"
	"reta/server/web"
	"reta/shared/event"
	"reta/shared/recipe"
)

// distilFlags are all that the main command takes.
type distilFlags struct {
	common       commonFlags
	data         dataFlags
	recipe       recipeFlags
	teachers     teamFlags
	command      *cobra.Command
	runDir, runs string
	shard        string
	resume       string
	judged       judgedFlags
	viewer       bool // the command can have one
	headless     bool
	printConfig  bool
	noLog        bool
	board        string // folder of TensorBoard's event files
	web          web.Options
	startPaused  bool
	engine       string
	devices      []string // that --device lists, nil for one
	queue        queueFlags
	preparing    bool // this engine readies a run that is made in parts
	profile      bool
	profiles     []profile // of the run, with --profile
}

func distilCommand(gate *run.Gate) *cobra.Command {
	f := distilFlags{viewer: true}
	c := &cobra.Command{
		Use:   "server",
		Short: "Distil an image set and watch it happen in the browser",
		Long: `Distils an image set: makes a few synthetic images per class, meant to train a network
nearly as well as the whole set does. Without flags it distils the built-in demo set;
open the printed address to watch. Four phases: squeeze trains a teacher on the real
images (or --teacher gives one), recover optimises the synthetic images through it, relabel
has it label views of them, evaluate trains students on them and, as controls, on real images,
and tests them. --until ends before; a run that was stopped continues where it was.`,
		Example: `  server
  server --until recover
  server --dataset tiny-imagenet --ipc 10
  server --headless --dataset cifar-100 --data cifar-100-binary.tar.gz --teacher resnet18.safetensors`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.distil(c, gate) },
	}
	f.add(c)
	return c
}

// recoverCommand is the main command without a viewer, for scripts.
func recoverCommand(gate *run.Gate) *cobra.Command {
	f := distilFlags{headless: true}
	c := &cobra.Command{
		Use:   "recover",
		Short: "Distil an image set without a viewer: the same as server --headless --until recover",
		Long: `Recover optimises the synthetic images as the main command does, with the same settings
and without a viewer, and neither relabels nor evaluates them: those are commands of their
own. At the end it prints a table of the losses and of the topology of the classes, before
the first step and after each stage, and the folder of the distilled images.`,
		Example: `  server recover --recipe fadrm --run-dir runs/fadrm
  server recover --recipe reta --run-dir runs/reta
  server report runs/fadrm runs/reta`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.distil(c, gate) },
	}
	f.add(c)
	return c
}

// add registers the flags.
func (f *distilFlags) add(c *cobra.Command) {
	f.engine = engine.Process
	fs := c.Flags()
	f.common.addLong(fs)
	f.data.add(fs, "demo")
	f.recipe.add(fs)
	f.teachers.add(fs)
	f.queue.add(fs)
	fs.Lookup("device").Usage = "Vulkan device, by number or part of its name (see server doctor); several make parts of the run at once: a list, as 0,1, or all"
	fs.StringVar(&f.runDir, "run-dir", "", "folder of the run; an unfinished one is continued (default: a new one under --runs)")
	fs.StringVar(&f.runs, "runs", "runs", "folder that holds run folders")
	fs.StringVar(&f.shard, "shard", "", "recover part I of N of the classes, I/N as 0/3 to 2/3: each is a run folder of its own, server merge puts them together")
	fs.StringVar(&f.resume, "resume", "", "continue a run with its own settings: its folder, or auto for the newest unfinished one under --runs")
	fs.BoolVar(&f.printConfig, "print-config", false, "print the settings of the run as its config.toml would hold them, and exit")
	fs.BoolVar(&f.profile, "profile", false, "print the time per kernel of a step after the run")
	fs.Var((*lowered)(&f.engine), "engine", "process: compute in a process of its own, which starts again from the last checkpoint when the driver crashes; inline: in this one")
	fs.BoolVar(&f.noLog, "no-log", false, "write no events.reta, so no replay and no report; only without a viewer")
	addBoardFlag(fs, &f.board)
	if !f.viewer {
		return
	}
	f.judged.add(fs)
	fs.BoolVar(&f.headless, "headless", false, "no viewer: run, export, exit")
	fs.BoolVar(&f.headless, "no-http", false, "the same as --headless")
	fs.BoolVar(&f.startPaused, "paused", false, "wait at the first step for a viewer to resume")
	addViewerFlags(fs, &f.web)
}

// distil is the main command: data, teacher, recover, export, with or without
// viewers.
func (f *distilFlags) distil(c *cobra.Command, gate *run.Gate) (err error) {
	ctx := c.Context()
	f.command = c
	link, host := engine.Of(ctx)
	if link != nil {
		link.Done(f.serveHost(ctx, gate, link))
		return nil
	}
	config, err := f.asked()
	if err != nil {
		return err
	}
	if f.printConfig {
		return f.print(c, config)
	}
	out := f.common.console(c)
	defer out.close()
	emit := out.show
	var server *web.Server
	if !f.headless {
		if server, err = listen(c, f.web, out); err != nil {
			return err
		}
		emit = func(e event.Event) { server.Hub().Publish(e); out.show(e) }
	}
	compute := f.inline(gate, server, emit)
	switch {
	case f.devices != nil && !host:
		return usage("--device %s: this system starts no processes for several devices: want one", f.common.device)
	case f.queue.url != "" && !host:
		return usage("--cluster: this system starts no processes: want it on Linux")
	case f.queue.url != "":
		compute = f.together(newQueue(server, emit, out, f), server, emit)
	case f.devices != nil:
		compute = f.together(newDevices(f.devices, server, emit, out, f), server, emit)
	case host && f.engine == engine.Process:
		compute = f.apart(server, emit, out)
	}
	if server != nil {
		stop := serve(server, out, compute.obey)
		defer stop()
		sayLinks(server, out)
	}
	done, err := compute.run(ctx, config)
	if err != nil {
		if server != nil && !onRequest(err) {
			emit(event.Status{State: event.Failed, Text: err.Error()})
		}
		return err
	}
	if !f.common.json && !f.common.quiet && !f.noLog {
		r, err := report.Read(filepath.Dir(done.Result.Path))
		if err != nil {
			out.warn("no closing table: %v", err) // the images are there all the same
		} else {
			out.table(r.Closing)
		}
	}
	if done.Evaluation != nil {
		if f.common.json {
			err = printJSON(c.OutOrStdout(), map[string]any{"evaluation": done.Evaluation})
		} else {
			out.table(func(w io.Writer) { err = report.Evaluation(w, done.Evaluation) })
		}
		if err != nil {
			return err
		}
	}
	if _, err := io.WriteString(c.OutOrStdout(), done.printed); err != nil {
		return err
	}
	if server != nil {
		out.say("the viewer stays open at %s; interrupt (Ctrl-C) to end", server.URL())
		<-ctx.Done()
	}
	return nil
}

// asked checks the flags and gives the run that they ask for.
func (f *distilFlags) asked() (run.Config, error) {
	if err := f.check(f.command); err != nil {
		return run.Config{}, err
	}
	config, err := f.config(f.command)
	if err == nil && f.runDir != "" && !f.printConfig {
		err = run.CheckFolder(f.runDir)
		if config.Shard != nil && errors.Is(err, run.ErrFinished) { // work says so, and that all is well
			err = nil
		}
	}
	return config, err
}

// work opens device, data and folder, and runs. Viewers, if there are any, steer it by obey.
func (f *distilFlags) work(ctx context.Context, config run.Config, v *viewers) (run.Outcome, error) {
	var none run.Outcome
	emit := v.emit
	w, err := f.common.open(ctx, needs{device: true, teachers: config.Teachers, network: config.Network, data: options(config)}, emit)
	if err != nil {
		return none, err
	}
	defer w.close()
	set := w.set
	if f.resume == "" {
		if config.Recipe, err = f.recipe.build(run.Facts(set)); err != nil {
			return none, err
		}
	}
	if err := byFlag(config.Recipe.Fits(run.Facts(set))); err != nil {
		return none, err
	}
	asked := config.Until
	if err := config.Settle(w.device.Info(), set, f.teachers.preset); err != nil {
		return none, usage("--teacher-%w", err)
	}
	if f.teachers.features != "" {
		if err := config.TakeFeatures(f.teachers.features, w.teachers, set.Size); err != nil {
			return none, usage("--features %w", err)
		}
	}
	if config.Until != asked {
		emit(event.Log{Level: event.Warning, Text: fmt.Sprintf("%s has no test images: the run ends with recovery, since there is nothing to judge its images by", set.Title)})
	}
	folder, err := run.OpenFolder(f.place(config), config)
	if config.Shard != nil && errors.Is(err, run.ErrFinished) { // of a job that is started again
		emit(event.Log{Text: fmt.Sprintf("shard %v is finished already", config.Shard)})
		return run.Outcome{Result: event.Result{Path: filepath.Join(f.runDir, "export")}}, nil
	}
	if err != nil {
		return none, err
	}
	defer folder.Close()
	r := &run.Run{
		Config: config, Folder: folder, Device: w.device, Set: set, Given: w.teachers, Cache: w.cache, Gate: v.gate, Steering: &v.steering, Emit: emit,
		Shown: v.class, NoLog: f.noLog, Unchecked: f.teachers.noCheck, Watched: v.wants, Record: v.record, Recall: v.recall, Interrupted: v.interrupted,
	}
	if f.command.Flags().Changed("min-accuracy") {
		r.MinAccuracy = &f.teachers.minAccuracy
	}
	if r.Kept, err = openBoard(f.board, folder.Path, func(format string, args ...any) {
		emit(event.Log{Level: event.Warning, Text: fmt.Sprintf(format, args...)})
	}); err != nil {
		return none, err
	}
	if f.preparing {
		return none, prepare(ctx, r)
	}
	if f.profile {
		r.Profile = func(program string, timings []graph.Timing) {
			f.profiles = append(f.profiles, profile{program, bench.ByKernel(timings)})
		}
	}
	result, err := r.Do(ctx)
	if onRequest(err) {
		err = stopped{err, continueCommand(f.command, folder.Path)}
	}
	return result, err
}

// options are those of the images that a run is about.
func options(c run.Config) *dataset.Options {
	return &dataset.Options{Name: c.Dataset, Data: c.Data, Classes: c.Classes, PerClass: c.PerClass, Size: c.Size}
}

// check refuses flags that contradict each other or name what is not there,
// before anything is opened.
func (f *distilFlags) check(c *cobra.Command) error {
	if err := firstError(f.data.check(), f.teachers.check(c)); err != nil {
		return err
	}
	if f.resume != "" {
		if name := firstInConfig(c); name != "" {
			return usage("--resume continues a run with its own settings: drop --%s", name)
		}
	}
	if !slices.Contains([]string{"", engine.Process, engine.Inline}, f.engine) {
		return usage("--engine %s: want %s or %s", f.engine, engine.Process, engine.Inline)
	}
	if f.noLog && !f.headless {
		return usage("--no-log is for --headless: the viewer reads the log: want both or neither")
	}
	if f.noLog && f.board != "" {
		return usage("--tensorboard writes what the log keeps, --no-log keeps none: want one of them")
	}
	if name := firstChanged(c, viewerFlags...); name != "" && f.headless {
		return usage("--%s is about the viewer, --headless has none: want one of them", name)
	}
	if f.headless && f.startPaused {
		return usage("--paused waits for a viewer, --headless has none: want one of them")
	}
	return firstError(f.judged.check(c), f.teachers.find(), f.checkDevices(c))
}

// checkDevices refuses what several devices, each with a process and parts of the run of its own, cannot do.
func (f *distilFlags) checkDevices(c *cobra.Command) (err error) {
	if f.preparing {
		return nil
	}
	if f.devices, err = deviceList(f.common.device); err != nil {
		return err
	}
	if err := f.queue.check(c, f.devices != nil); err != nil {
		return err
	}
	several := "--device " + f.common.device + " lists several"
	if f.queue.url != "" {
		several = "--cluster has workers"
	} else if f.devices == nil {
		return nil
	}
	if name := firstChanged(c, "shard", "profile", "no-log", "tensorboard", "pprof", "validation"); name != "" {
		return usage("--%s is for one device, %s: want one of them", name, several)
	}
	if f.engine == engine.Inline {
		return usage("--engine inline is for one device, %s: each has a process of its own", several)
	}
	return nil
}

// config is what the flags ask for, or, with --resume, what the folder says.
func (f *distilFlags) config(c *cobra.Command) (run.Config, error) {
	if f.resume != "" {
		return f.resumed()
	}
	facts, err := f.data.facts()
	if err != nil {
		return run.Config{}, err
	}
	config := run.Config{
		Dataset: f.data.dataset, Data: f.data.data, Classes: f.data.classes, PerClass: f.data.perClass, Size: f.data.size,
		Until: run.Recover,
	}
	f.teachers.apply(&config, f.recipe.name, f.runDir)
	if f.viewer {
		f.judged.apply(&config)
	}
	if config.Shard, err = shardOf(f.shard, run.Recover); err != nil {
		return config, err
	}
	if facts.Size > 0 && facts.Classes > 0 { // else the recipe waits for the images
		config.Recipe, err = f.recipe.build(facts)
	} else {
		_, err = f.recipe.changes(recipe.Recipe{})
		if err == nil {
			_, err = recipe.New(f.recipe.name, recipe.Dataset{Name: "any", Classes: 10, Size: 32})
		}
	}
	return config, err
}

// resumed is the config of the run to continue.
func (f *distilFlags) resumed() (run.Config, error) {
	if f.resume != "auto" {
		f.runDir = f.resume
		config, err := run.ReadFolder(f.resume)
		if err != nil {
			return config, usage("--resume %s: %w: want the folder of a run, or auto for the newest under --runs", f.resume, err)
		}
		if s := config.Shard; s != nil && s.Phase != run.Recover {
			return config, usage("--resume %s: it holds shard %v of %s: continue it with\n  %s", f.resume, s, s.Phase, s.Command)
		}
		return config, nil
	}
	path, config, err := run.Latest(f.runs)
	if err != nil {
		return config, err
	}
	if path == "" {
		return config, usage("--resume auto: no unfinished run under %s", f.runs)
	}
	f.runDir = path
	return config, nil
}

// place is the run's folder.
func (f *distilFlags) place(config run.Config) string {
	if f.runDir != "" {
		return f.runDir
	}
	return filepath.Join(f.runs, config.FolderName(time.Now()))
}
