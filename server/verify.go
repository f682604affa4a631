package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"reta/server/bundle"
	"reta/server/run"
	"reta/shared/event"
)

// verified is what verify found in a recording.
type verified struct {
	Path    string
	Bytes   int64 // of header and records
	Records int
	Kinds   []kindCount
	Unknown int      // records of kinds this build does not know
	First   int      // step
	Last    int      // step
	Shown   int      // steps with pictures
	Indexed bool     // the file brought its index
	Cut     int64    // bytes at the end that cannot be read
	Damage  []string // a line for each bad record, the first maxDamage
	Damaged int      // bad records
}

type kindCount struct {
	Kind    string
	Records int
	Bytes   int64
}

const maxDamage = 20

func verifyCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify FILE|RUN|BUNDLE",
		Short: "Check every record of a recording, or every file of a bundle",
		Long: `Verify reads a whole recording: the checksum of each record, whether it decodes, and
whether the index says what is there. Of a bundle (RUN/export, or what server import makes) it
checks the hash of every file, the size and number of the images, the tables and the recipe, and
that each soft label is a number, of these images and classes. It ends with 3 when anything is
damaged or lost, and says what.`,
		Example: `  server verify runs/reta
  server verify runs/reta/export
  server verify lecture.reta --json`,
		Args: oneRecording,
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for machines, one object")
	c.RunE = func(c *cobra.Command, args []string) error {
		if bundle.Is(args[0]) {
			return verifyBundle(c, args[0], asJSON)
		}
		path, file, recording, err := openRecording(args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		v := verify(path, recording)
		if asJSON {
			err = printJSON(c.OutOrStdout(), v)
		} else {
			err = v.print(c.OutOrStdout())
		}
		switch {
		case err != nil:
			return err
		case v.Damaged > 0:
			return dataError{fmt.Errorf("%s: %d of %s damaged", path, v.Damaged, event.Counted(v.Records, "record"))}
		case v.Cut > 0:
			return dataError{errors.New(torn(path, v.Cut))}
		case !v.Indexed && run.Exported(filepath.Dir(path)):
			return dataError{fmt.Errorf("%s: the run has its images, but its log was not closed: records at the end may be lost; a command that was killed closes it when it is given again", path)}
		}
		return nil
	}
	return c
}

// verifyBundle checks a bundle and prints what is wrong.
func verifyBundle(c *cobra.Command, dir string, asJSON bool) error {
	r, err := bundle.Verify(c.Context(), dir)
	if err != nil {
		return dataError{err}
	}
	if asJSON {
		err = printJSON(c.OutOrStdout(), r)
	} else {
		for _, line := range r.Failures {
			fmt.Fprintln(c.OutOrStdout(), line)
		}
		if more := r.Failed - len(r.Failures); more > 0 {
			fmt.Fprintf(c.OutOrStdout(), "and %d more\n", more)
		}
		text := fmt.Sprintf("%s, %s of %s", event.Counted(r.Files, "file"), event.Counted(r.Images, "image"), event.Counted(r.Classes, "class"))
		if r.Epochs > 0 {
			text += fmt.Sprintf(", soft labels of %s", event.Counted(r.Epochs, "epoch"))
		}
		_, err = fmt.Fprintln(c.OutOrStdout(), text)
	}
	if err == nil && r.Failed > 0 {
		err = dataError{fmt.Errorf("%s: %s", dir, event.Counted(r.Failed, "failure"))}
	}
	return err
}

// verify reads every record.
func verify(path string, recording *event.Recording) verified {
	x := recording.Index()
	v := verified{Path: path, Bytes: x.Size(), Records: x.Len(), First: x.First(), Last: x.Last(), Shown: len(x.Steps()),
		Indexed: recording.Indexed(), Cut: recording.Cut()}
	counts := map[event.Kind]*kindCount{}
	for i, entry := range x.Entries() {
		m, err := recording.Read(entry)
		switch {
		case errors.Is(err, event.ErrUnknownKind):
			v.Unknown++
		case err == nil && (event.ItemOf(m.Event) != entry.Item() || event.Step(m.Event) != entry.Step):
			err = fmt.Errorf("at byte %d: the index says %+v at step %d, the record is %+v at step %d",
				entry.Offset, entry.Item(), entry.Step, event.ItemOf(m.Event), event.Step(m.Event))
			fallthrough
		case err != nil:
			if v.Damaged++; v.Damaged <= maxDamage {
				v.Damage = append(v.Damage, fmt.Sprintf("record %d: %v", i, err))
			}
		}
		if counts[entry.Kind] == nil {
			counts[entry.Kind] = &kindCount{Kind: entry.Kind.String()}
		}
		counts[entry.Kind].Records++
		counts[entry.Kind].Bytes += int64(entry.Size)
	}
	var kinds []event.Kind
	for k := range counts {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		v.Kinds = append(v.Kinds, *counts[k])
	}
	return v
}

func (v verified) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "kind\trecords\tbytes\t\n")
	for _, k := range v.Kinds {
		fmt.Fprintf(t, "%s\t%d\t%d\t\n", k.Kind, k.Records, k.Bytes)
	}
	fmt.Fprintf(t, "all\t%d\t%d\t\n", v.Records, v.Bytes)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "steps %d to %d, pictures at %d of them\n", v.First, v.Last, v.Shown)
	if !v.Indexed {
		fmt.Fprintln(w, "no valid index: the run did not close its log, or is still going")
	}
	if v.Unknown > 0 {
		fmt.Fprintf(w, "%s of kinds that this build does not know\n", event.Counted(v.Unknown, "record"))
	}
	for _, line := range v.Damage {
		fmt.Fprintln(w, line)
	}
	if more := v.Damaged - len(v.Damage); more > 0 {
		fmt.Fprintf(w, "and %s more\n", event.Counted(more, "damaged record"))
	}
	return nil
}
