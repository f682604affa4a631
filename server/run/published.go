package run

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"reta/compute/models"
	"reta/server/dataset"
	"reta/shared/event"
)

// Published are weights of ImageNet-1K that torchvision publishes.
type Published struct {
	Network, File string
	MiB           float64
	Top1, Top5    float64 // on the validation images, as fractions
}

//go:embed published.txt
var publishedText string

var published = parsePublished(publishedText)

// publishedFrom is where torchvision's files lie.
var publishedFrom = "https://download.pytorch.org/models/"

// parsePublished reads the table; a line that is not in its form is a programmer's mistake.
func parsePublished(text string) (list []Published) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if len(words) != 5 {
			panic("run: published.txt: " + line)
		}
		var n [3]float64
		for i := range n {
			var err error
			if n[i], err = strconv.ParseFloat(words[2+i], 64); err != nil {
				panic("run: published.txt: " + line)
			}
		}
		list = append(list, Published{Network: words[0], File: words[1], MiB: n[0], Top1: n[1] / 100, Top5: n[2] / 100})
	}
	return list
}

// hash is the beginning of the file's SHA-256, which its name ends with.
func (p Published) hash() string {
	return strings.TrimSuffix(p.File[strings.LastIndexByte(p.File, '-')+1:], ".pth")
}

// sized reports whether a file of so many bytes may be it: sizes are known to a thousandth of a MiB.
func (p Published) sized(bytes int64) bool {
	const off = 1100 // bytes
	d := float64(bytes) - p.MiB*(1<<20)
	return d < off && d > -off
}

const imageNet = "imagenet-1k"

// Size is the side of the images that they were trained on.
func (p Published) Size() int { return 224 }

// complete is a file's origin with what is known of the weights beside it.
func (p Published) complete(o models.Origin) models.Origin {
	o.Dataset, o.Size, o.Top1, o.Mean, o.Std = imageNet, p.Size(), p.Top1, normalisations[0].mean, normalisations[0].std
	o.Classes = nil
	for _, id := range dataset.ClassIDs(imageNet) {
		o.Classes = append(o.Classes, models.Class{ID: id, Name: id})
	}
	return o
}

// KnownFile is the row of a file that torchvision publishes, nil for any other. A file of such a name and other bytes is refused.
func KnownFile(path string) (*Published, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	named := slices.IndexFunc(published, func(p Published) bool { return p.File == filepath.Base(path) })
	sized := slices.IndexFunc(published, func(p Published) bool { return p.sized(info.Size()) })
	if named < 0 && sized < 0 {
		return nil, nil
	}
	sum := sha256.New()
	if err := hashFile(sum, path); err != nil {
		return nil, err
	}
	got := hex.EncodeToString(sum.Sum(nil))
	if i := max(named, sized); strings.HasPrefix(got, published[i].hash()) {
		return &published[i], nil
	}
	if named >= 0 {
		return nil, fmt.Errorf("teacher %s: torchvision's file of this name has about %.3f MiB and a SHA-256 that begins with %s, this one has %.3f MiB and begins with %s: fetch it again, or, if it is another, give it another name",
			path, published[named].MiB, published[named].hash(), float64(info.Size())/(1<<20), got[:len(published[named].hash())])
	}
	return nil, nil
}

// Inspect is models.Inspect, completed by what is known of the file.
func Inspect(in models.Inspection) (*models.Contents, error) {
	p, err := KnownFile(in.File)
	if err != nil {
		return nil, err
	}
	if p != nil && in.Size == 0 {
		in.Size = p.Size()
	}
	c, err := models.Inspect(in)
	if err == nil && p != nil {
		c.Origin, c.Odd = p.complete(c.Origin), nil
	}
	return c, err
}

// published are the weights of a run on ImageNet-1K that is given no teacher and is to train none, one of each of its networks; nil
// for any other run and where a network has none.
func (c *Config) published() (list []*Published) {
	const size = 224
	if c.Dataset != imageNet || len(c.Teachers) > 0 || c.Training != nil || c.Epochs != 0 || c.Size != 0 && c.Size != size {
		return nil
	}
	networks := c.networks(size)
	if len(networks) == 0 {
		networks = []string{"resnet18"}
	}
	for _, network := range networks {
		i := slices.IndexFunc(published, func(p Published) bool { return p.Network == network })
		if i < 0 || models.Known(network) != nil {
			return nil
		}
		list = append(list, &published[i])
	}
	return list
}

// publishedTeachers are the files of published weights in the cache, downloaded where they are not there.
func (r *Run) publishedTeachers(ctx context.Context, list []*Published) (files []string, err error) {
	for _, p := range list {
		url := publishedFrom + p.File
		r.say("teacher: none given (--teacher FILE), so torchvision's weights of %s for ImageNet-1K are taken: top-1 %.2f %%, %s; --teacher-preset trains one instead",
			p.Network, 100*p.Top1, url)
		file, err := dataset.FetchFile(ctx, dataset.Source{URL: url, SHA256: p.hash()}, r.Cache, int64((p.MiB+1)*(1<<20)),
			"--teacher FILE, or train one with --teacher-preset "+DefaultPreset, func(done, total int64, what string) {
				r.emit(event.Status{State: event.Loading, Phase: "teacher", Text: what, Done: int(done), Total: int(total)})
			})
		if err != nil && ctx.Err() == nil {
			return nil, TeacherError{fmt.Errorf("teacher: %w", err)}
		} else if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}
