package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"reta/compute/vk"
)

func doctorCommand() *cobra.Command {
	var common commonFlags
	c := &cobra.Command{
		Use:   "doctor",
		Short: "List devices and say what is missing",
		Args:  noArgs,
	}
	common.add(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		cache, err := common.cacheDir()
		if err != nil {
			return err
		}
		list, err := vk.List()
		if common.json {
			return firstError(printJSON(c.OutOrStdout(), map[string]any{"devices": list, "error": text(err), "cache": cache, "advice": advice(list)}), err)
		}
		out := c.OutOrStdout()
		for _, d := range list {
			printDevice(out, d)
		}
		if err != nil {
			return err
		}
		if err := tryDevice(out, common, cache); err != nil {
			return err
		}
		if err := tryFolder(out, cache); err != nil {
			return err
		}
		for _, a := range advice(list) {
			fmt.Fprintln(out, "advice:", a)
		}
		return nil
	}
	return c
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// printDevice prints a device's features and limits.
func printDevice(w io.Writer, d vk.Info) {
	has := func(b bool) string {
		if b {
			return "yes"
		}
		return "no"
	}
	f, l := d.Features, d.Limits
	fmt.Fprintf(w, "device %d: %s\n", d.Index, d.Name)
	fmt.Fprintf(w, "  kind            %s, tier T%d\n", d.Kind, d.Tier())
	fmt.Fprintf(w, "  driver          %s, Vulkan %s\n", d.Driver, d.API)
	fmt.Fprintf(w, "  memory          %.1f GiB, largest block %.1f GiB, buffer a kernel sees %.0f MiB\n",
		float64(d.MemoryBytes)/(1<<30), float64(l.AllocBytes)/(1<<30), float64(l.StorageRange)/(1<<20))
	fmt.Fprintf(w, "  kernel          %d invocations a workgroup, %d storage buffers, %d KiB shared, %d B push constants\n",
		l.WorkgroupInvocations, l.StorageBuffers, l.SharedBytes>>10, l.PushBytes)
	fmt.Fprintf(w, "  subgroup        %d (may require %d to %d), ballot %s, shuffle %s\n", l.SubgroupSize, f.SubgroupMin, f.SubgroupMax, has(f.SubgroupBallot), has(f.SubgroupShuffle))
	if d.Kind == vk.CPU {
		remedy := ""
		if !f.Vectors {
			remedy = " (Mesa's llvmpipe has them from 26.1 on: 1.5 to 2 times as fast)"
		}
		fmt.Fprintf(w, "  vector loads    %s%s\n", has(f.Vectors), remedy)
	}
	fmt.Fprintf(w, "  half precision  arithmetic %s, storage %s\n", has(f.Float16), has(f.Storage16))
	shapes := make([]string, len(f.CooperativeMatrix))
	for i, s := range f.CooperativeMatrix {
		shapes[i] = s.String()
	}
	if len(shapes) == 0 {
		shapes = []string{"none"}
	}
	fmt.Fprintf(w, "  matrix units    %s\n", strings.Join(shapes, "; "))
	fmt.Fprintf(w, "  timestamps      %s\n", has(f.Timestamps))
}

// tryDevice opens the device that a run would use.
func tryDevice(w io.Writer, common commonFlags, cache string) error {
	dev, err := common.openDevice(cache)
	if err != nil {
		return err
	}
	defer dev.Close()
	fmt.Fprintf(w, "a run would use: %s, with matrix products in %s\n", dev.Info().Name, dev.Info().Precision)
	return nil
}

// tryFolder writes where downloads and teachers go.
func tryFolder(w io.Writer, cache string) error {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("cache folder: %w; choose another with --cache", err)
	}
	file := filepath.Join(cache, "doctor.tmp")
	if err := os.WriteFile(file, make([]byte, 1<<20), 0o644); err != nil {
		return fmt.Errorf("cache folder: %w; choose another with --cache", err)
	}
	if err := os.Remove(file); err != nil {
		return err
	}
	fmt.Fprintf(w, "cache folder: %s, writable\n", cache)
	return nil
}

// advice says what would make runs faster here.
func advice(list []vk.Info) []string {
	var out []string
	real := false
	for _, d := range list {
		real = real || d.Kind != vk.CPU
		if old := oldLavapipe(d.Driver); old != "" {
			out = append(out, fmt.Sprintf("%s runs these kernels at about 0.4 of the speed of Mesa 25: on Debian 12, add bookworm-backports to apt's sources and run: apt install -t bookworm-backports mesa-vulkan-drivers", old))
		}
	}
	if len(list) > 0 && !real {
		out = append(out, "only the CPU driver is here: enough for the demo and for tests; for real sets use a machine with a GPU and its Vulkan driver")
	}
	return out
}

// oldLavapipe is the name of a Mesa driver from before its compiler got fast
// at these kernels (Mesa 24), "" for any other.
func oldLavapipe(driver string) string {
	at := strings.Index(driver, "Mesa ")
	if at < 0 || !strings.Contains(strings.ToLower(driver), "llvmpipe") {
		return ""
	}
	var major int
	if _, err := fmt.Sscanf(driver[at:], "Mesa %d", &major); err != nil || major >= 24 {
		return ""
	}
	return fmt.Sprintf("Mesa %d's CPU driver", major)
}
