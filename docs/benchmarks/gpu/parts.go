//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// matrix is what is timed.
type matrix struct {
	networks, sizes, batches []string
	seconds                  string // of one measurement
	repeats                  string
}

func (o options) matrix() matrix {
	if o.rehearse {
		return matrix{[]string{"resnet18", "shufflenetv2-x1.0"}, []string{"32"}, []string{"2"}, "0.1", "1"}
	}
	return matrix{[]string{"resnet18", "densenet121", "mobilenetv2", "shufflenetv2-x1.0"}, []string{"32", "64", "224"}, []string{"100", "10"}, "0.6", "3"}
}

// doctor lists the devices.
func doctor(o options, scratch string, s surrounding) part {
	return part{
		name: "doctor" + s.what, limit: 30 * time.Second, env: s.env,
		command: []string{filepath.Join(o.kit, "server"), "doctor", "--json", "--cache", scratch},
		read: func(line string, _ time.Duration) (rows []row) {
			var found struct{ Devices []row }
			_ = json.Unmarshal([]byte(line), &found) // what is no such object names no devices
			return found.Devices
		},
	}
}

// torchProbe asks for PyTorch.
func torchProbe(o options) part {
	const program = `import json
try:
    import numpy, torch, torchvision
    n = torch.cuda.device_count() if torch.cuda.is_available() else 0
    found = {"torch": torch.__version__, "torchvision": torchvision.__version__, "devices": [torch.cuda.get_device_name(i) for i in range(n)]}
except ImportError as e:
    found = {"missing": str(e)}
print(json.dumps(found))`
	p := part{name: "PyTorch", limit: 60 * time.Second, command: []string{o.python, "-c", program}, read: jsonLines}
	if o.python == "" {
		p.command[0], p.skip = look("python3", "python")
	}
	return p
}

// parts are all that follow, in the order in which they would be missed.
func parts(o options, dev device, torch []row, scratch string) []part {
	server := filepath.Join(o.kit, "server")
	m, index := o.matrix(), strconv.Itoa(dev.Index)
	common := []string{"--json", "--device", index, "--cache", scratch}
	bench := func(name string, limit time.Duration, precision, steps string, networks, batches []string) part {
		return part{name: name, limit: limit, read: jsonLines, command: append([]string{server, "bench", "--step", steps,
			"--network", strings.Join(networks, ","), "--size", strings.Join(m.sizes, ","), "--batch", strings.Join(batches, ","),
			"--seconds", m.seconds, "--repeats", m.repeats, "--precision", precision}, common...)}
	}
	var list []part
	tests := []struct {
		name, only string
		limit      time.Duration
	}{
		{"vk", "", 15}, {"nn", "", 45}, {"graph", "", 15}, {"topo", "Device|Twin|Ragged|Kernels|Gradient", 15}, {"models", "AgreeWithPyTorch|AgreesWithPyTorch|TrainAsPyTorchs", 30},
	}
	for _, t := range tests {
		if o.rehearse {
			t.only = map[string]string{"vk": "Kernel|Hazard", "nn": "^(TestBias|TestClip|TestConv2dDirect)$", "graph": "Add|Plan", "topo": "Gradient", "models": "Gradient"}[t.name]
		}
		list = append(list, testsOf(o, t.name, t.only, index, t.limit*time.Second))
	}
	half := bench("recover, fp16", 60*time.Second, "fp16", "recover", m.networks, m.batches)
	if !dev.matrices {
		half.skip = "this device has no cooperative matrices"
	}
	list = append(list, bench("recover", 75*time.Second, "fp32", "recover", m.networks, m.batches), half)
	list = append(list, torchParts(o, m, torch, scratch)...)
	list = append(list, demo(o, server, index, scratch))
	list = append(list, bench("squeeze and forward", 30*time.Second, "fp32", "squeeze,forward", m.networks[:1], m.batches[:1]))
	compiled := []string{server, "bench", "--pipelines", "--json", "--device", index, "--step", "recover", "--network", strings.Join(m.networks, ","), "--size", m.sizes[0], "--batch", m.batches[0]}
	last := part{name: "pipelines", limit: 30 * time.Second, command: compiled, read: jsonLines}
	if !dev.statistics {
		last.skip = "this driver does not say what its compiler makes of kernels"
	}
	return append(list, last)
}

// testsOf runs the tests of a package, each of which is one row.
func testsOf(o options, name, only, index string, limit time.Duration) part {
	command := []string{filepath.Join(o.kit, name+".test"), "-test.v", "-test.short"}
	if only != "" {
		command = append(command, "-test.run", only)
	}
	p := part{
		name: "correct: " + name, limit: limit, command: command, dir: filepath.Join(o.repo, "compute", name),
		env: []string{"RETA_DEVICE=" + index, "RETA_VALIDATION=off"},
		read: func(line string, _ time.Duration) []row {
			m := verdict.FindStringSubmatch(line)
			if m == nil {
				return nil
			}
			seconds, _ := strconv.ParseFloat(m[3], 64) // digits, by the pattern
			return []row{{"package": name, "test": m[2], "result": strings.ToLower(m[1]), "seconds": seconds}}
		},
	}
	if info, err := os.Stat(p.dir); err != nil || !info.IsDir() {
		p.skip = fmt.Sprintf("%s is missing: --repo names a copy of the repository", p.dir)
	}
	return p
}

// verdict is a test's; those of subtests are indented.
var verdict = regexp.MustCompile(`^--- (PASS|FAIL|SKIP): (\S+) \(([0-9.]+)s\)$`)

// demo distils the demo set with empty caches, and takes the time until there are images and until they are done.
func demo(o options, server, index, scratch string) part {
	command := []string{server, "--headless", "--json", "--until", "recover", "--seed", "1", "--device", index,
		"--cache", filepath.Join(scratch, "demo-cache"), "--run-dir", filepath.Join(scratch, "demo")}
	if o.rehearse {
		command = append(command, "--steps", "4", "--ipc", "1", "--per-class", "20", "--epochs", "1")
	}
	first, steps := 0.0, 0.0
	return part{
		name: "demo", limit: 60 * time.Second, command: command,
		read: func(line string, at time.Duration) []row {
			var e struct {
				Event string
				Body  struct {
					Phase string
					Total float64
				}
			}
			if json.Unmarshal([]byte(line), &e) == nil && e.Event == "status" && e.Body.Phase == "recover" {
				if steps = e.Body.Total; first == 0 {
					first = at.Seconds()
				}
			}
			return nil
		},
		end: func(took time.Duration, failed bool) []row {
			if first == 0 {
				return nil
			}
			r := row{"first_images_seconds": first, "steps": steps}
			if !failed {
				r["seconds"] = took.Seconds()
			}
			return []row{r}
		},
	}
}

// jsonLines reads lines that are objects.
func jsonLines(line string, _ time.Duration) []row {
	var r row
	if json.Unmarshal([]byte(line), &r) != nil || r == nil {
		return nil
	}
	return []row{r}
}
