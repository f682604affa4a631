package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"reta/compute/models"
	"reta/server/dataset"
	"reta/server/run"
	"reta/shared/event"
)

// teacherFlags say what is to be done with a file of weights.
type teacherFlags struct {
	json, overwrite bool
	network, entry  string
	out             string
	dataset         string
	classIDs        string // file
	mean, std       string
	size            int
}

func teacherCommand() *cobra.Command {
	var f teacherFlags
	c := &cobra.Command{
		Use:   "teacher FILE",
		Short: "Show what a file of weights holds, and convert it",
		Long: `Teacher reads a file of weights, safetensors or what PyTorch's torch.save wrote (.pth, .pt),
and prints what it holds: form, network, classes, normalisation, accuracy, and what is odd
about it. Which network it is follows from the names and shapes of its tensors where the file
does not say. Every number is checked; nothing in the file is run, and no device is needed.

--convert writes the weights as safetensors with what is known of them, and with what the flags
below add to it: what images a teacher was trained on decides whether its gradients are worth
anything, and a file of PyTorch does not say it.`,
		Example: `  server teacher checkpoint.pth
  server teacher checkpoint.pth --dataset cifar-100 --convert teacher.safetensors
  server teacher checkpoint.pth --entry model_ema --class-ids ids.txt --convert teacher.safetensors`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("want one file of weights; see %s --help", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return f.teacher(c, args[0]) },
	}
	fs := c.Flags()
	fs.BoolVar(&f.json, "json", false, "print one JSON object")
	fs.Var((*lowered)(&f.network), "network", "network, where names and shapes fit several: "+strings.Join(models.Names(), ", "))
	fs.StringVar(&f.entry, "entry", "", "entry of a checkpoint, or part of the tensors' names, that holds the network: model_ema, net")
	fs.StringVar(&f.out, "convert", "", "write the weights to this file, safetensors")
	fs.BoolVar(&f.overwrite, "overwrite", false, "replace a finished teacher in the file of --convert")
	fs.StringVar(&f.dataset, "dataset", "", "set that it was trained on, whose normalisation, image size and, where it fixes them, class ids are written: "+strings.Join(datasetNames(), ", "))
	fs.StringVar(&f.classIDs, "class-ids", "", "text file with the class of each output, in their order, one a line: folder names or WordNet ids")
	fs.StringVar(&f.mean, "mean", "", "mean of the pixels by channel that it was trained with, for pixels from 0 to 1: 0.485,0.456,0.406")
	fs.StringVar(&f.std, "std", "", "standard deviation likewise: 0.229,0.224,0.225")
	fs.IntVar(&f.size, "size", 0, "side of the images that it was trained on, in pixels")
	return c
}

func (f *teacherFlags) teacher(c *cobra.Command, file string) error {
	if f.out == "" {
		if name := firstChanged(c, "dataset", "class-ids", "mean", "std", "overwrite"); name != "" {
			return usage("--%s is about what is written: want --convert OUT.safetensors with it", name)
		}
	}
	if (f.mean == "") != (f.std == "") {
		return usage("--mean and --std are one normalisation: want both, such as --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225")
	}
	for _, flag := range [][2]string{{"--mean", f.mean}, {"--std", f.std}} {
		if flag[1] != "" && !threeFractions(flag[1]) {
			return usage("%s %q: want three numbers from 0 to 1, of red, green and blue, such as 0.485,0.456,0.406", flag[0], flag[1])
		}
	}
	if f.size != 0 && (f.size < 8 || f.size > 1024) {
		return usage("--size %d: want 8 to 1024 pixels", f.size)
	}
	if err := knownNetwork(f.network); err != nil {
		return err
	}
	file, err := weightsFile("teacher", file)
	if err != nil {
		return err
	}
	in := models.Inspection{File: file, Network: f.network, Entry: f.entry, Size: f.size}
	if spec, err := dataset.Lookup(f.dataset); err == nil && in.Size == 0 {
		in.Size = spec.Size
	}
	got, err := run.Inspect(in)
	if err != nil {
		return dataError{err}
	}
	in.Size = got.Origin.Size
	if f.out == "" {
		if f.json {
			err = printJSON(c.OutOrStdout(), describeTeacher(got))
		} else {
			err = printTeacher(c.OutOrStdout(), got)
		}
		if err == nil && got.Problem != nil {
			err = dataError{got.Problem}
		}
		return err
	}
	if got.Problem != nil {
		return dataError{got.Problem}
	}
	metadata, err := f.metadata(got)
	if err != nil {
		return err
	}
	out, err := checkOut("--convert", f.out, f.overwrite)
	if err != nil {
		return err
	}
	if out == file {
		return usage("--convert %s is the file that is read: want another", f.out)
	}
	if err := models.Convert(in, out, metadata); err != nil {
		return dataError{err}
	}
	written, err := models.Inspect(models.Inspection{File: out})
	if err != nil {
		return dataError{err}
	}
	if f.json {
		return printJSON(c.OutOrStdout(), describeTeacher(written))
	}
	return printTeacher(c.OutOrStdout(), written)
}

// threeFractions reports whether a text is three numbers from 0 to 1.
func threeFractions(text string) bool {
	parts := strings.Split(text, ",")
	for _, p := range parts {
		if v, err := strconv.ParseFloat(strings.TrimSpace(p), 64); err != nil || !(v >= 0 && v <= 1) {
			return false
		}
	}
	return len(parts) == 3
}

// metadata is what the flags and what is known of the file add to it.
func (f *teacherFlags) metadata(got *models.Contents) (map[string]string, error) {
	o := got.Origin
	if f.dataset != "" {
		spec, err := dataset.Lookup(f.dataset)
		if err != nil {
			return nil, usage("--dataset: %w", err)
		}
		o.Dataset, o.Size = spec.Name, spec.Size
		for c := range spec.Mean {
			o.Mean[c], o.Std[c] = float64(spec.Mean[c]), float64(spec.Std[c])
		}
		if ids := dataset.ClassIDs(spec.Name); len(ids) == got.Spec.Classes && f.classIDs == "" && len(o.Classes) == 0 {
			for _, id := range ids {
				o.Classes = append(o.Classes, models.Class{ID: id, Name: id})
			}
		}
		if spec.Classes > 0 && spec.Classes != got.Spec.Classes && f.classIDs == "" {
			return nil, usage("--dataset %s has %s, the file's classifier %d: name their classes with --class-ids FILE", spec.Name, event.Counted(spec.Classes, "class"), got.Spec.Classes)
		}
	}
	if f.classIDs != "" {
		ids, err := readLines("--class-ids", f.classIDs)
		if err != nil {
			return nil, err
		}
		if len(ids) != got.Spec.Classes {
			return nil, usage("--class-ids %s names %s, the file's classifier has %d: want one line for each", f.classIDs, event.Counted(len(ids), "class"), got.Spec.Classes)
		}
		o.Classes = nil
		for i, id := range ids {
			if k := slices.Index(ids, id); k < i {
				return nil, usage("--class-ids %s names %q in line %d and in line %d: want each class once", f.classIDs, id, k+1, i+1)
			}
			o.Classes = append(o.Classes, models.Class{ID: id, Name: id})
		}
	}
	if f.size > 0 {
		o.Size = f.size
	}
	all := o.Metadata()
	if f.mean != "" {
		all["mean"], all["std"] = f.mean, f.std
	}
	return all, nil
}

// readLines reads a small text file, a line a word or more.
func readLines(flag, path string) (lines []string, err error) {
	const most = 1 << 20
	file, err := os.Open(path)
	if err != nil {
		return nil, dataError{fmt.Errorf("%s: %w: want a text file", flag, err)}
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil || len(text) > most || !utf8.Valid(text) {
		return nil, dataError{fmt.Errorf("%s %s: want a text file of at most 1 MiB, in UTF-8", flag, path)}
	}
	for s := bufio.NewScanner(strings.NewReader(string(text))); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// describeTeacher is what a file holds, for machines.
func describeTeacher(t *models.Contents) map[string]any {
	o := t.Origin
	d := map[string]any{
		"file": t.File, "form": t.Form, "bytes": t.Bytes, "tensors": t.Tensors, "numbers": t.Numbers, "types": t.Types,
		"network": nil, "odd": t.Odd, "entries": t.Entries, "entry": o.Entry, "prefix": o.Prefix, "naming": o.Naming,
	}
	if t.Network != "" {
		d["network"], d["stem"], d["classes"] = t.Network, string(t.Spec.Stem), t.Spec.Classes
	}
	if o.Dataset != "" {
		d["dataset"] = o.Dataset
	}
	if o.Normalised() {
		d["mean"], d["std"] = o.Mean, o.Std
	}
	if o.Size > 0 {
		d["size"] = o.Size
	}
	if o.Top1 > 0 {
		d["top1"] = o.Top1
	}
	if len(o.Classes) > 0 {
		var ids, names []string
		for _, c := range o.Classes {
			ids, names = append(ids, c.ID), append(names, c.Name)
		}
		d["class_ids"], d["class_names"] = ids, names
	}
	for _, e := range t.Said {
		d[e.Key] = e.Value
	}
	if t.Problem != nil {
		d["problem"] = t.Problem.Error()
	}
	return d
}

// printTeacher prints what a file holds.
func printTeacher(out io.Writer, t *models.Contents) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, printable(fmt.Sprintf(format, args...)))
	}
	o := t.Origin
	row("file", "%s", filepath.Base(t.File))
	row("form", "%s, %.1f MiB; %s of %s, %d numbers", t.Form, float64(t.Bytes)/(1<<20), event.Counted(t.Tensors, "tensor"), strings.Join(t.Types, " "), t.Numbers)
	if len(t.Entries) > 0 {
		row("entries", "%s", strings.Join(t.Entries, ", "))
	}
	if t.Network == "" {
		row("network", "not known")
	} else {
		how := "as the file or --network says"
		if o.Recognised {
			how = "by its tensors"
		}
		row("network", "%s, %s stem, %s (%s)", t.Network, t.Spec.Stem, event.Counted(t.Spec.Classes, "class"), how)
	}
	if o.Naming != "" || o.Prefix != "" || o.Entry != "" {
		var parts []string
		if o.Entry != "" {
			parts = append(parts, "entry "+o.Entry)
		}
		if o.Prefix != "" {
			parts = append(parts, "below "+o.Prefix)
		}
		if o.Naming != "" {
			parts = append(parts, "as "+o.Naming+" names them")
		}
		row("names", "%s", strings.Join(parts, ", "))
	}
	if o.Dataset != "" {
		row("trained on", "%s", o.Dataset)
	}
	if o.Size > 0 {
		row("images", "%d px", o.Size)
	}
	if o.Normalised() {
		row("normalised", "mean %s, std %s", threeNumbers(o.Mean), threeNumbers(o.Std))
	}
	if n := len(o.Classes); n > 0 {
		var some []string
		for _, c := range o.Classes[:min(n, 5)] {
			name := c.ID
			if c.Name != c.ID {
				name += " (" + c.Name + ")"
			}
			some = append(some, name)
		}
		if n > len(some) {
			some = append(some, fmt.Sprintf("%d more", n-len(some)))
		}
		row("classes", "%s", strings.Join(some, ", "))
	}
	if o.Top1 > 0 {
		row("top-1", "%.2f %%", 100*o.Top1)
	}
	for _, e := range t.Said {
		row(e.Key, "%.200s", e.Value)
	}
	for _, line := range t.Odd {
		row("note", "%s", line)
	}
	return w.Flush()
}

// printable is foreign text without what would steer a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !utf8.ValidRune(r) {
			return '?'
		}
		return r
	}, text)
}

func threeNumbers(v [3]float64) string {
	var s []string
	for _, x := range v {
		s = append(s, strconv.FormatFloat(x, 'g', 4, 64))
	}
	return strings.Join(s, " ")
}
