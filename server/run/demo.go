package run

import (
	"bytes"
	"embed"
	"os"
	"path/filepath"

	"reta/shared/wholefile"
)

// demoTeam is small networks of FADRM+'s four families; without --teachers the demo has the first.
var demoTeam = []string{"resnet-mini", "densenet-mini", "shufflenetv2-mini", "mobilenetv2-mini"}

// demoWeights are the demo set's teachers, each trained by our own squeeze, ResNet-mini for 8 epochs, the others so:
//
//	server squeeze --dataset demo --network NETWORK --epochs 20 --out server/run/demo/NETWORK.safetensors
//
//go:embed demo/*.safetensors
var demoWeights embed.FS

// demoNetworks are those of the embedded teachers that a run takes.
func (c *Config) demoNetworks() []string {
	if len(c.Networks) > 0 {
		return demoTeam
	}
	return demoTeam[:1]
}

// demoTeachers are the embedded teachers that the run takes, as files in the cache.
func (r *Run) demoTeachers() (files []string, err error) {
	for _, network := range r.Config.demoNetworks() {
		weights, err := demoWeights.ReadFile("demo/" + network + ".safetensors")
		if err != nil {
			return nil, err
		}
		file := filepath.Join(r.Cache, "teachers", "demo-"+network+".safetensors")
		if had, err := os.ReadFile(file); err != nil || !bytes.Equal(had, weights) {
			if err := wholefile.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return nil, err
			}
			if err := writeFile(file, weights); err != nil {
				return nil, err
			}
		}
		files = append(files, file)
	}
	return files, nil
}
