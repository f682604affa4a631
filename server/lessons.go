package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"reta/server/web"
	"reta/shared/event"
)

func lessonsCommand() *cobra.Command {
	o := web.Options{NoRun: true, View: "scene=lessons"}
	var quiet bool
	var format logFormat
	c := &cobra.Command{
		Use:   "lessons",
		Short: "Open the lessons and the sandbox in the browser, without a run or a device",
		Long: `Lessons serves the viewer's page without a run: lessons on persistent homology and on
dataset distillation, a sandbox for point clouds, and recordings that you open in the
page. Nothing is computed outside the browser. Interrupt (Ctrl-C) to end.`,
		Example: `  server lessons
  server lessons --listen 0.0.0.0:7117 --insecure    # for a class: prints a link with a token`,
		Args: noArgs,
	}
	addViewerFlags(c.Flags(), &o)
	addLogFormat(c.Flags(), &format)
	c.Flags().BoolVar(&quiet, "quiet", false, "print errors and the address only")
	c.RunE = func(c *cobra.Command, _ []string) error {
		out := openConsole(c, false, quiet, format)
		defer out.close()
		server, err := listen(c, o, out)
		if err != nil {
			return err
		}
		stop := serve(server, out, func(event.Control) error { return errors.New("there is no run to control") })
		defer stop()
		out.say("lessons and sandbox: open the address below; interrupt (Ctrl-C) to end")
		fmt.Fprintln(c.OutOrStdout(), server.ViewURL())
		<-c.Context().Done()
		return nil
	}
	return c
}
